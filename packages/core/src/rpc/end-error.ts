import {
  isLinkspanError,
  type LinkspanError,
  type Retryable,
  type Sent,
} from '../errors/linkspan-error.ts';
import { ClosedError } from '../errors/local-errors.ts';
import { ConnectionResetError } from '../errors/transport-error.ts';

/** Makes the failure of a request whose answer cannot come any more. */
export type EndError = (method: string, sent: Sent) => LinkspanError;

/** The failures of requests whose channel broke, or was ended by the peer. */
export function brokenError(why: string, cause?: unknown): EndError {
  return (method, sent) =>
    new ConnectionResetError(`Cannot call ${JSON.stringify(method)}: ${why}`, {
      code: 'channel_ended',
      phase: sent === 'no' ? 'queue' : 'headers',
      sent,
      retryable: retryableAfter(cause, sent),
      cause,
    });
}

/** What must not be tried again on a new connection says so itself; that this one is closed does not. */
function retryableAfter(cause: unknown, sent: Sent): Retryable {
  const isFinal =
    isLinkspanError(cause) && cause.retryable === 'no' && !(cause instanceof ClosedError);
  if (isFinal) return 'no';
  return sent === 'no' ? 'yes' : 'if-idempotent';
}
