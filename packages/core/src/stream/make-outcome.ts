import type { Outcome } from '../outcome.ts';
import type { EventReader } from './event-reader.ts';

/** The outcome of a stream that ends now with this status, after so many events handed over. */
export function makeOutcome(
  status: Outcome['status'],
  reader: EventReader<unknown, unknown>,
  events: number,
  timeToFirstEventMs: number | undefined,
): Outcome {
  const { finishReason, usage, lastEventId } = reader;
  // A reader who leaves has not seen how the stream would have ended.
  const ending = reader.ending?.status === status ? reader.ending : undefined;
  const terminator = ending?.status === 'complete' ? ending.terminator : undefined;
  const error = ending !== undefined && ending.status !== 'complete' ? ending.error : undefined;
  return {
    status,
    // A stream that ended before anybody read has its events still to be taken.
    events: status === 'cancelled' ? events : reader.events,
    ...(terminator !== undefined && { terminator }),
    ...(finishReason !== undefined && { finishReason }),
    ...(usage !== undefined && { usage }),
    ...(lastEventId !== '' && { lastEventId }),
    ...(timeToFirstEventMs !== undefined && { timeToFirstEventMs }),
    ...(error !== undefined && { error }),
  };
}
