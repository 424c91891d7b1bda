import { isLinkspanError } from '../errors/linkspan-error.ts';
import { TimeoutError } from '../errors/local-errors.ts';

/**
 * Whether what a body failed with says that its wire broke, or was silent for too long: something
 * that another wire may not do. Not of that kind are the deadline, a close, and an answer that is
 * too large or against the rules of its protocol.
 */
export function isWireFailure(error: unknown): boolean {
  // A body of unknown origin fails with its own errors.
  if (!isLinkspanError(error)) return true;
  switch (error.kind) {
    case 'network':
    case 'transport':
      return true;
    case 'timeout':
      return !(error instanceof TimeoutError) || error.clock !== 'totalMs';
    case 'protocol':
      // A body that is shorter than was announced: it was cut.
      return error.retryable !== 'no';
    default:
      return false;
  }
}
