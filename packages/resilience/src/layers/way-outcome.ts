import { LinkspanError, type Outcome, TransportError } from '@linkspan/core';
import type { OpenedStream } from './opened-stream.ts';

/** How the reading of a stream ends: with an error, or without one. */
export interface StreamEnd {
  readonly status: 'complete' | 'failed' | 'cancelled';
  readonly error?: unknown;
}

/** The outcome of a way that ended so; of one that was never open, all that is known is that. */
export async function wayOutcome(
  { status, error }: StreamEnd,
  stream: OpenedStream<unknown, unknown> | undefined,
): Promise<Outcome> {
  const known = await stream?.outcome.catch(() => undefined);
  const { error: _ofWay, ...facts } = known ?? { status, events: 0 };
  if (status !== 'failed') return { ...facts, status };
  return {
    ...facts,
    status: facts.status === 'incomplete' ? 'incomplete' : 'failed',
    error: toFailure(error),
  };
}

function toFailure(error: unknown): LinkspanError {
  if (error instanceof LinkspanError) return error;
  return new TransportError('Cannot read the stream: the way to get it failed', {
    code: 'way_failed',
    phase: 'body',
    sent: 'maybe',
    cause: error,
  });
}
