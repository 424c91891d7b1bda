import type { Deadline } from '@linkspan/concurrency';
import { addToMessage } from '../errors/add-to-message.ts';
import type { LinkspanError } from '../errors/linkspan-error.ts';

/**
 * Whether a wait before another try cannot be had: it would reach past the deadline, or the peer
 * asks for one above the limit. What the peer asks for is then told in the message of the failure.
 */
export function isTooLong(
  waitMs: number,
  error: LinkspanError | undefined,
  deadline: Deadline,
  hintLimitMs: number,
): boolean {
  const { remainingMs } = deadline;
  if (waitMs < remainingMs && (error?.retryAfterMs === undefined || waitMs <= hintLimitMs)) {
    return false;
  }
  if (error?.retryAfterMs !== undefined && !isOurs(error)) {
    const limit =
      waitMs < remainingMs
        ? `the longest wait allowed is ${seconds(hintLimitMs)}`
        : `the call has ${seconds(remainingMs)} left`;
    addToMessage(error, `; the peer asks to wait ${seconds(waitMs)}, and ${limit}`);
  }
  return true;
}

/** What a layer of this side refuses tells by itself how long there is no way. */
function isOurs({ kind }: LinkspanError): boolean {
  return kind === 'rate-limit' || kind === 'circuit-open';
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}
