import {
  ConnectionError,
  ConnectionResetError,
  isLinkspanError,
  type LinkspanError,
  MessageTooLargeError,
  type Phase,
  ProtocolError,
  type Retryable,
  type Sent,
  TransportError,
} from '@linkspan/core';
import {
  BROKEN,
  ConnectFault,
  dnsFailure,
  type FailureRule,
  socketFailureRule,
  tlsFailure,
} from '@linkspan/core/wire';

/** Where a WebSocket was when the lower library failed it. */
export interface FailurePoint {
  /** `wss://api.example.com` */
  readonly peer: string;
  readonly phase: Phase;
  readonly sent: Sent;
  /** Whether an upgrade that broke may be sent again. @default 'if-idempotent' */
  readonly retryable?: Retryable;
}

const protocol: FailureRule['make'] = (message, facts) => new ProtocolError(message, facts);
const tooLarge: FailureRule['make'] = (message, facts) => new MessageTooLargeError(message, facts);
const unknown: FailureRule['make'] = (message, facts) => new TransportError(message, facts);

const badFrame: FailureRule = {
  make: protocol,
  state: 'the peer broke the protocol',
  facts: { code: 'ws_protocol' },
};
const largeMessage: FailureRule = { make: tooLarge, state: 'a message is larger than the limit' };
const malformed: FailureRule = { make: protocol, state: 'the answer is not HTTP' };
const fallback: FailureRule = { make: unknown, state: 'the connection failed' };

/**
 * What each failure of ws is to a caller, by its code, beside those of sockets. One test walks the
 * codes in its sources, and fails on one that is not here.
 */
const rules: Readonly<Record<string, FailureRule>> = {
  WS_ERR_EXPECTED_FIN: badFrame,
  WS_ERR_EXPECTED_MASK: badFrame,
  WS_ERR_INVALID_CLOSE_CODE: badFrame,
  WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH: badFrame,
  WS_ERR_INVALID_OPCODE: badFrame,
  WS_ERR_INVALID_UTF8: badFrame,
  WS_ERR_UNEXPECTED_MASK: badFrame,
  WS_ERR_UNEXPECTED_RSV_1: badFrame,
  WS_ERR_UNEXPECTED_RSV_2_3: badFrame,
  // A length that no number holds: there is no message of that size.
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: badFrame,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: largeMessage,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: {
    ...badFrame,
    state: 'a message comes in more pieces than the limit',
  },
  HPE_HEADER_OVERFLOW: {
    make: protocol,
    state: 'the headers of the answer are larger than the limit',
    facts: { code: 'headers_overflow', phase: 'headers' },
  },
  // What zlib says of a compressed message.
  Z_BUF_ERROR: badFrame,
  Z_DATA_ERROR: badFrame,
};

/**
 * The failure of a WebSocket, from whatever the lower library threw. What is one of ours already is
 * given back as it is.
 */
export function toFailure(error: unknown, point: FailurePoint): LinkspanError {
  if (isLinkspanError(error)) return error;
  if (error instanceof ConnectFault) return error.toFailure();
  const code = codeOf(error);
  const rule = ruleFor(code, point.phase);
  if (rule === BROKEN) return brokenConnection(error, point);
  const { make, state, facts } = rule;
  const isNamed = make === dnsFailure || make === tlsFailure;
  return make(
    `${subject(point)}: ${state}${code === '' || rule === fallback ? '' : ` (${code})`}`,
    {
      sent: isBefore(point.phase) ? 'no' : point.sent,
      ...(isNamed ? undefined : { phase: point.phase }),
      ...facts,
      cause: error,
    },
  );
}

/** Whether there is a rule for the code of an error. */
export function isKnownFailure(error: unknown): boolean {
  const code = codeOf(error);
  return code !== '' && ruleFor(code, 'body') !== fallback;
}

/** An answer to an upgrade that is none by RFC 6455, section 4.1. */
export function handshakeFailure(peer: string, state: string, cause?: unknown): ProtocolError {
  return new ProtocolError(`Cannot open the WebSocket to ${peer}: ${state}`, {
    code: 'ws_handshake',
    phase: 'headers',
    sent: 'yes',
    cause,
  });
}

function ruleFor(code: string, phase: Phase): FailureRule | typeof BROKEN {
  const rule = Object.hasOwn(rules, code) ? rules[code] : undefined;
  if (rule !== undefined) return rule;
  if (code === 'HPE_INVALID_EOF_STATE') return BROKEN;
  if (code.startsWith('HPE_')) return malformed;
  return socketFailureRule(code, phase) ?? fallback;
}

function brokenConnection(cause: unknown, point: FailurePoint): LinkspanError {
  const { peer, phase, sent, retryable } = point;
  if (isBefore(phase)) {
    return new ConnectionError(
      `Cannot connect to ${peer}: the connection broke before the upgrade was sent`,
      { code: 'connection_reset', phase, sent: 'no', cause },
    );
  }
  if (phase === 'headers') {
    return new ConnectionResetError(
      `Cannot open the WebSocket to ${peer}: the connection broke before the upgrade was answered`,
      { phase, sent, retryable, cause },
    );
  }
  return new ConnectionResetError(
    `Cannot read the answer of ${peer}: the connection broke before the body was complete`,
    { code: 'body_truncated', phase, sent, cause },
  );
}

function subject({ peer, phase }: FailurePoint): string {
  if (isBefore(phase)) return `Cannot connect to ${peer}`;
  return phase === 'headers'
    ? `Cannot open the WebSocket to ${peer}`
    : `Cannot read on from ${peer}`;
}

function isBefore(phase: Phase): boolean {
  return phase === 'queue' || phase === 'dns' || phase === 'connect' || phase === 'tls';
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
}
