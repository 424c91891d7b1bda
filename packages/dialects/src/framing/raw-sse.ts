import type { Dialect, Reading } from '@linkspan/core';
import { createSseDecoder, type SseEvent } from './sse-decoder.ts';

/**
 * Server-sent events as they are, of any kind. The format has no terminator: a stream is complete,
 * with the terminator `eof`, when its bytes end as the wire says they should, after at least one
 * event. A protocol that has a terminator is better read in its own dialect.
 */
export const rawSse: Dialect<SseEvent, undefined, SseEvent> = {
  name: 'sse',
  accept: 'text/event-stream',
  contentTypes: ['text/event-stream'],
  endsAtEof: true,
  decode: (limits) => createSseDecoder(limits),
  read: () => ({ read: (event): Reading<SseEvent> => ({ event }), partial: undefined }),
};
