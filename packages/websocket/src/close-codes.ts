import {
  ConnectionError,
  ConnectionResetError,
  type LinkspanError,
  MessageTooLargeError,
  ProtocolError,
  redactText,
  TlsError,
  TransportError,
} from '@linkspan/core';
import type { FailureRule } from '@linkspan/core/wire';

/** Whether to connect again after an end: at once with jitter, later, or not. */
export type Recovery = 'yes' | 'later' | 'no';

/** How a WebSocket ended: RFC 6455, sections 7.1.5 and 7.1.6. */
export interface CloseFrame {
  /** 1005 where the frame had none, 1006 where there was no frame. */
  readonly code: number;
  readonly reason: string;
}

interface CodeRule extends FailureRule {
  readonly recovery: Recovery;
}

const connection: FailureRule['make'] = (message, facts) =>
  new ConnectionError(message, { phase: 'body', retryable: 'if-idempotent', ...facts });
const reset: FailureRule['make'] = (message, facts) => new ConnectionResetError(message, facts);
const protocol: FailureRule['make'] = (message, facts) => new ProtocolError(message, facts);
const tooLarge: FailureRule['make'] = (message, facts) => new MessageTooLargeError(message, facts);
const tls: FailureRule['make'] = (message, facts) => new TlsError(message, facts);
const application: FailureRule['make'] = (message, facts) => new TransportError(message, facts);

const goingAway: CodeRule = {
  make: connection,
  state: 'the peer goes away',
  facts: { code: 'ws_going_away' },
  recovery: 'yes',
};
const badProtocol: CodeRule = {
  make: protocol,
  state: 'the peer says that we broke the protocol',
  facts: { code: 'ws_protocol' },
  recovery: 'no',
};

/** What each code of RFC 6455, section 7.4.1, and of IANA's registry is to a caller. */
const rules: Readonly<Record<number, CodeRule>> = {
  1001: goingAway,
  1002: badProtocol,
  1003: { ...badProtocol, state: 'the peer does not take messages of this kind' },
  1006: {
    make: reset,
    state: 'the connection broke without a close frame',
    facts: { code: 'ws_abnormal', phase: 'body' },
    recovery: 'yes',
  },
  1007: { ...badProtocol, state: 'the peer cannot read a message' },
  1008: {
    make: protocol,
    state: 'a message is against the policy of the peer',
    facts: { code: 'ws_policy' },
    recovery: 'no',
  },
  1009: { make: tooLarge, state: 'a message is too large for the peer', recovery: 'no' },
  1010: { ...badProtocol, state: 'the peer did not agree to an extension' },
  1011: {
    make: connection,
    state: 'the peer failed',
    facts: { code: 'ws_server' },
    recovery: 'yes',
  },
  1012: { ...goingAway, state: 'the peer restarts' },
  1013: {
    make: connection,
    state: 'the peer asks to try again later',
    facts: { code: 'ws_try_later' },
    recovery: 'later',
  },
  1014: {
    make: connection,
    state: 'a gateway got no good answer from the peer',
    facts: { code: 'ws_bad_gateway' },
    recovery: 'no',
  },
  1015: { make: tls, state: 'TLS failed', facts: { code: 'ws_tls' }, recovery: 'yes' },
};

const other: CodeRule = {
  make: application,
  state: 'the peer closed for a reason of its own',
  facts: { code: 'ws_application', phase: 'body' },
  recovery: 'no',
};

/** A code with which a peer has said all that it had to say: the messages simply end. */
export function isClean(code: number): boolean {
  return code === 1000 || code === 1005;
}

/** Whether a connection that ended so is worth making again, by the code alone. */
export function recoveryOf(code: number): Recovery {
  // Frameworks that are shut down close without a code.
  if (code === 1005) return 'yes';
  return (rules[code] ?? other).recovery;
}

/** The failure that a close frame is; `undefined` for a clean end. It carries code and reason. */
export function closeFailure(
  { code, reason }: CloseFrame,
  peer: string,
): LinkspanError | undefined {
  if (isClean(code)) return undefined;
  const { make, state, facts } = rules[code] ?? other;
  // The peer may repeat what it was sent.
  const said = redactText(reason).trim();
  const error = make(
    `Cannot read on from ${peer}: ${state} (${code}${said === '' ? '' : `: ${said}`})`,
    { sent: 'yes', ...facts },
  );
  return withCloseFrame(error, { code, reason: said });
}

const frames = new WeakMap<LinkspanError, CloseFrame>();

/** Keeps the frame that a failure came of. */
export function withCloseFrame(error: LinkspanError, frame: CloseFrame): LinkspanError {
  frames.set(error, frame);
  return error;
}

/**
 * The code and reason with which a WebSocket ended, of an error that came of it: to tell 4001 of an
 * application from 4002.
 */
export function closeFrameOf(error: unknown): CloseFrame | undefined {
  return frames.get(error as LinkspanError);
}
