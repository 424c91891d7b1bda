import type { Outcome } from '../outcome.ts';
import type { EventReader } from './event-reader.ts';

/** The outcome of a stream that ends now with this status, after what was handed over. */
export function makeOutcome(
  status: Outcome['status'],
  reader: EventReader<unknown, unknown>,
  handedOver: {
    readonly events: number;
    readonly timeToFirstEventMs: number | undefined;
    readonly resumes: number | undefined;
  },
): Outcome {
  const { finishReason, usage, lastEventId } = reader;
  const { events, timeToFirstEventMs, resumes = 0 } = handedOver;
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
    ...(resumes > 0 && { resumes }),
    ...(error !== undefined && { error }),
  };
}
