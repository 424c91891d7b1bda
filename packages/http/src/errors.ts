import {
  ClosedError,
  ConfigurationError,
  ConnectionError,
  ConnectionResetError,
  ConnectionTimeoutError,
  isLinkspanError,
  type LinkspanError,
  MessageTooLargeError,
  type Phase,
  PoolExhaustedError,
  ProtocolError,
  type Sent,
  SerializationError,
  TimeoutError,
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

/** Where a call was when the lower library failed it. */
export interface FailurePoint {
  /** `https://api.example.com` */
  readonly origin: string;
  readonly phase: Phase;
  readonly sent: Sent;
  /** The answer named the length of its body. */
  readonly hasLength: boolean;
}

type Make = FailureRule['make'];

const connection: Make = (message, facts) => new ConnectionError(message, facts);
const protocol: Make = (message, facts) => new ProtocolError(message, facts);
const configuration: Make = (message, facts) => new ConfigurationError(message, facts);
const closed: Make = (message, facts) => new ClosedError(message, facts);
const tooLarge: Make = (message, facts) => new MessageTooLargeError(message, facts);
const exhausted: Make = (message, facts) => new PoolExhaustedError(message, facts);
const unsendable: Make = (message, facts) => new SerializationError(message, facts);
const unknown: Make = (message, facts) => new TransportError(message, facts);
const connectTimeout: Make = (message, facts) =>
  new ConnectionTimeoutError(message, { ...facts, limitMs: Infinity, elapsedMs: Infinity });
const timeout =
  (clock: 'attemptMs' | 'idleMs'): Make =>
  (message, facts) =>
    new TimeoutError(message, { ...facts, clock, limitMs: Infinity, elapsedMs: Infinity });

const malformed: FailureRule = { make: protocol, state: 'the answer is not HTTP', facts: {} };
const headersOverflow: FailureRule = {
  make: protocol,
  state: 'the headers of the answer are larger than the limit',
  facts: { code: 'headers_overflow', phase: 'headers' },
};
/**
 * What each failure of undici is to a caller, by its code, beside those of sockets. One test
 * walks the classes that undici exports, and fails on one that is not here.
 */
const rules: Readonly<Record<string, FailureRule | typeof BROKEN>> = {
  UND_ERR_SOCKET: BROKEN,
  UND_ERR_INFO: BROKEN,
  UND_ERR_ABORT: BROKEN,
  UND_ERR_ABORTED: BROKEN,
  HPE_INVALID_EOF_STATE: BROKEN,
  UND_ERR_CONNECT_TIMEOUT: { make: connectTimeout, state: 'no connection was made in time' },
  UND_ERR_HEADERS_TIMEOUT: {
    make: timeout('attemptMs'),
    state: 'no head of an answer came in time',
    facts: { code: 'headers_timeout', retryable: 'if-idempotent' },
  },
  UND_ERR_BODY_TIMEOUT: {
    make: timeout('idleMs'),
    state: 'nothing of the body came in time',
    facts: { code: 'body_timeout', retryable: 'if-idempotent' },
  },
  UND_ERR_HEADERS_OVERFLOW: headersOverflow,
  HPE_HEADER_OVERFLOW: headersOverflow,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: {
    make: protocol,
    state: 'the body of the answer has not the length that was announced',
    facts: { code: 'body_length_mismatch', retryable: 'if-idempotent', phase: 'body' },
  },
  UND_ERR_RES_EXCEEDED_MAX_SIZE: { make: tooLarge, state: 'the answer is larger than the limit' },
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: {
    make: unsendable,
    state: 'its body has not the length that was announced',
    facts: { code: 'request_length_mismatch' },
  },
  UND_ERR_INVALID_ARG: { make: configuration, state: 'it cannot be written as HTTP' },
  UND_ERR_NOT_SUPPORTED: { make: configuration, state: 'it asks for what is not supported' },
  UND_ERR_INVALID_RETURN_VALUE: { make: unknown, state: 'a handler gave what it must not' },
  UND_ERR_DESTROYED: { make: closed, state: 'the connection pool was closed' },
  UND_ERR_CLOSED: { make: closed, state: 'the connection pool was closed' },
  UND_ERR_BPL_MISSING_UPSTREAM: { make: exhausted, state: 'the pool has no peer' },
  UND_ERR_MAX_ORIGINS_REACHED: {
    make: exhausted,
    state: 'there are connections to too many origins',
  },
  UND_ERR_REDIRECT_MAX: {
    make: protocol,
    state: 'there were too many redirects',
    facts: { code: 'redirect' },
  },
  UND_ERR_REQ_RETRY: { make: unknown, state: 'it was tried too often', facts: { sent: 'maybe' } },
  UND_ERR_RESPONSE: { make: unknown, state: 'the status is no success', facts: { sent: 'yes' } },
  UND_ERR_PRX_TLS: {
    make: tlsFailure,
    state: 'the proxy could not be reached over TLS',
    facts: { code: 'proxy_tls' },
  },
  UND_ERR_PRX_CONN: {
    make: connection,
    state: 'the proxy gave no connection',
    facts: { code: 'proxy' },
  },
  UND_ERR_SOCKS5: {
    make: connection,
    state: 'the proxy gave no connection',
    facts: { code: 'proxy' },
  },
  UND_ERR_WS_MESSAGE_SIZE_EXCEEDED: {
    make: tooLarge,
    state: 'the message is larger than the limit',
  },
  ERR_WEBASSEMBLY_NOT_SUPPORTED: {
    make: configuration,
    state: 'this runtime has no WebAssembly, which HTTP/1.1 needs',
  },
  UND_ERR: { make: unknown, state: 'the connection failed' },
};

/**
 * The failure of a call, from whatever the lower library threw. What is one of ours already is given
 * back as it is.
 */
export function toFailure(error: unknown, point: FailurePoint): LinkspanError {
  if (isLinkspanError(error)) return error;
  if (error instanceof ConnectFault) return error.toFailure();
  const code = codeOf(error);
  const rule = ruleFor(code, point.phase);
  if (rule === BROKEN) return brokenConnection(error, point);
  const { make, state, facts } = rule;
  const sent = make === configuration || isBefore(point.phase) ? 'no' : point.sent;
  return make(`${subject(point)}: ${state}${detail(error, make)}`, {
    sent,
    ...(make === dnsFailure || make === tlsFailure ? undefined : { phase: point.phase }),
    ...facts,
    cause: error,
  });
}

/** Whether a code says that the connection broke, as a stale one does. */
export function isBrokenConnection(error: unknown): boolean {
  return ruleFor(codeOf(error), 'headers') === BROKEN;
}

/** Whether there is a rule for the code of an error. */
export function isKnownFailure(error: unknown): boolean {
  const code = codeOf(error);
  return code !== '' && ruleFor(code, 'headers') !== fallback;
}

const fallback: FailureRule = { make: unknown, state: 'the connection failed' };

function ruleFor(code: string, phase: Phase): FailureRule | typeof BROKEN {
  const rule = Object.hasOwn(rules, code) ? rules[code] : undefined;
  // Before there is a body, its length can only be announced in a way that makes no sense.
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' && phase !== 'body') return malformed;
  if (rule !== undefined) return rule;
  if (code.startsWith('HPE_')) return malformed;
  if (code.startsWith('ERR_HTTP2_')) return BROKEN;
  return socketFailureRule(code, phase) ?? fallback;
}

/** undici breaks the connection then, and tells by these words alone. */
const unasked = /^bad (?:response|upgrade)$/;

function brokenConnection(error: unknown, point: FailurePoint): LinkspanError {
  const { origin, phase } = point;
  switch (phase) {
    case 'dns':
    case 'connect':
    case 'tls':
    case 'queue':
      return new ConnectionError(
        `Cannot connect to ${origin}: the connection broke before the request was sent`,
        { code: 'connection_reset', phase, sent: 'no', cause: error },
      );
    case 'body':
      return point.hasLength && codeOf(error) !== 'ECONNRESET'
        ? new ProtocolError(
            `Cannot read the answer of ${origin}: its body has not the length that was announced`,
            { code: 'body_length_mismatch', phase, retryable: 'if-idempotent', cause: error },
          )
        : new ConnectionResetError(
            `Cannot read the answer of ${origin}: the connection broke before the body was complete`,
            { code: 'body_truncated', phase, sent: 'yes', cause: error },
          );
    default:
      if (unasked.test((error as Error).message)) {
        return new ProtocolError(
          `Cannot read the answer of ${origin}: it is a 100 or 101, which was not asked for`,
          { phase, sent: 'yes', cause: error },
        );
      }
      return new ConnectionResetError(
        `Cannot get an answer from ${origin}: the connection broke before the head of one was complete`,
        { phase, sent: point.sent, cause: error },
      );
  }
}

function subject({ origin, phase }: FailurePoint): string {
  if (phase === 'body') return `Cannot read the answer of ${origin}`;
  return isBefore(phase) ? `Cannot connect to ${origin}` : `Cannot send the request to ${origin}`;
}

function isBefore(phase: Phase): boolean {
  return phase === 'queue' || phase === 'dns' || phase === 'connect' || phase === 'tls';
}

/** Which check failed; the texts of these libraries hold no part of a request. */
function detail(error: unknown, make: Make): string {
  if (make === tlsFailure) return ` (${codeOf(error)})`;
  return make === protocol && codeOf(error).startsWith('HPE_') ? ` (${codeOf(error)})` : '';
}

function codeOf(error: unknown): string {
  const { code, name, data } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof code === 'string') return code;
  if (name !== 'HTTPParserError') return '';
  // undici 8 loses the code of its parser. An error that points at no byte is the end of the bytes.
  return data === '' ? 'HPE_INVALID_EOF_STATE' : 'HPE_INVALID';
}
