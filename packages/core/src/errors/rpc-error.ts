import { redactText } from '../secrets/redact-text.ts';
import {
  type FailureFacts,
  type FailureKind,
  nameErrorClass,
  type Retryable,
  withDefaults,
} from './linkspan-error.ts';
import { TransportError } from './transport-error.ts';

/** What an {@link RpcError} knows. */
export interface RpcFacts extends FailureFacts {
  /** The number of the error, as JSON-RPC has it. @default -32603, an internal error */
  readonly rpcCode?: number | undefined;
  /** What the error says beside its message: any JSON value. */
  readonly data?: unknown;
  /** The method whose call was answered so. */
  readonly method?: string | undefined;
}

/** The errors of JSON-RPC 2.0 itself, section 5.1. */
const CODES: Readonly<Record<number, string>> = {
  [-32700]: 'parse_error',
  [-32600]: 'invalid_request',
  [-32601]: 'method_not_found',
  [-32602]: 'invalid_params',
  [-32603]: 'internal_error',
};
const INTERNAL_ERROR = -32603;
const LONGEST_MESSAGE = 300;

/**
 * The peer answered a call of JSON-RPC with an error. A handler throws one to answer so: its message,
 * `rpcCode` and `data` are what the peer gets.
 */
export class RpcError extends TransportError {
  static {
    nameErrorClass(this, 'RpcError');
  }
  override readonly kind: FailureKind = 'rpc';
  /** The number of the error: -32601 for a method that is not there. */
  readonly rpcCode: number;
  /** The method whose call was answered so; `undefined` in an error that a handler made. */
  readonly method: string | undefined;
  /** What the peer says beside its message. Not printed. */
  declare readonly data: unknown;

  constructor(message: string, facts: RpcFacts = {}) {
    const rpcCode = facts.rpcCode ?? INTERNAL_ERROR;
    const defaults = {
      code: CODES[rpcCode] ?? 'rpc_error',
      sent: 'yes',
      retryable: (rpcCode === INTERNAL_ERROR ? 'if-idempotent' : 'no') as Retryable,
    } as const;
    super(message, withDefaults(defaults, facts));
    this.rpcCode = rpcCode;
    this.method = facts.method;
    // Not enumerable, so that loggers that copy properties do not copy what a peer wrote.
    Object.defineProperty(this, 'data', { value: facts.data });
  }
}

/** The failure of a call that was answered with an error, in the peer's words as far as they may be shown. */
export function answeredError(
  method: string,
  error: { readonly code: number; readonly message: string; readonly data?: unknown },
): RpcError {
  const { code, message, data } = error;
  // Redacted before it is cut, so that no half of a key is left at the end.
  const shown = redactText(
    message
      .slice(0, 2 * LONGEST_MESSAGE)
      .replace(/\s+/g, ' ')
      .trim(),
  );
  const short = shown.length > LONGEST_MESSAGE ? `${shown.slice(0, LONGEST_MESSAGE)}...` : shown;
  const said = short === '' ? '' : `: ${short.replace(/\.$/, '')}`;
  return new RpcError(
    `Cannot call ${JSON.stringify(method)}: the peer answered with the error ${code}${said}`,
    { rpcCode: code, data, method },
  );
}
