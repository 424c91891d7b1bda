import type { Outcome, Usage } from '@linkspan/core';

/**
 * A stream of events that tells how it ended: an `EventStream`, as clients open it, or anything of its
 * kind. Iterating it throws unless it is complete, and its outcome always resolves.
 */
export interface OpenedStream<Event, Final> extends AsyncIterable<Event, unknown> {
  readonly outcome: Promise<Outcome>;
  /** What has arrived adds up to this; `undefined` before there is anything. */
  readonly partial: Final | undefined;
  readonly usage?: Usage | undefined;
  /** What all the events add up to, when the stream is complete. */
  result(): Promise<Final>;
  /** Ends the work behind the stream, and frees its wire. */
  cancel(reason?: unknown): Promise<void>;
}
