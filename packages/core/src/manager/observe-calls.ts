import { LinkspanError } from '../errors/linkspan-error.ts';
import { StatusError } from '../errors/status-error.ts';
import type { Middleware } from '../middleware/middleware.ts';
import type { CallContext } from '../transport.ts';

/** Who is told of what becomes of attempts. */
export interface CallObserver {
  callSucceeded(): void;
  callFailed(error: LinkspanError): void;
}

/** A layer that tells an observer of every attempt. `find` gives it, where there is one. */
export function observeCalls(find: () => CallObserver | undefined): Middleware {
  return (next) => async (request, context) => {
    try {
      const response = await next(request, context);
      find()?.callSucceeded();
      return response;
    } catch (error) {
      if (error instanceof LinkspanError && !isCancelled(error, context)) tell(find(), error);
      throw error;
    }
  };
}

function tell(observer: CallObserver | undefined, error: LinkspanError): void {
  if (saysTheFault(error)) observer?.callFailed(error);
  else if (error instanceof StatusError) observer?.callSucceeded();
}

/** Whether a failure is one of the peer, or of the way to it: not of the request, nor of a limit here. */
function saysTheFault(error: LinkspanError): boolean {
  switch (error.kind) {
    case 'network':
    case 'protocol':
    case 'transport':
      return true;
    case 'timeout':
      // One that waited for its turn has met no peer.
      return error.phase !== 'queue' && error.phase !== 'backoff';
    case 'http':
      return (error as StatusError).status >= 500;
    default:
      return false;
  }
}

function isCancelled(error: unknown, { signal }: CallContext): boolean {
  return signal?.aborted === true && Object.is(error, signal.reason);
}
