import { defineSettings, type Dialect, parseSettings, type Reading, setting } from '@linkspan/core';
import { resumeByLastEventId } from './resume-by-last-event-id.ts';
import { createSseDecoder, type SseEvent } from './sse-decoder.ts';

/** How the end of a stream of server-sent events is to be understood. */
export interface RawSseOptions {
  /**
   * Whether the end of the bytes is the end of the stream, with the terminator `eof`.
   *
   * `false` is how a browser's EventSource has it (WHATWG HTML, section 9.2): servers close the
   * connection when they like, and the stream goes on behind the next one, until an answer with
   * status 204. Without resuming, such a stream is never complete.
   *
   * @default true
   */
  readonly endsAtEof?: boolean;
}

const settings = defineSettings({
  endsAtEof: setting.boolean({ default: true, env: false }),
});

/**
 * Makes a dialect of server-sent events as they are, of any kind.
 *
 * One that broke can be resumed as EventSource does it: by the same GET with the last id in
 * `last-event-id`; 204 says that nothing more will come. A request of another method is never
 * repeated, nor is one taken up without an id, or with one that is no safe value of a header: over
 * 1 KiB, or with control characters.
 *
 * @throws ConfigurationError when an option is not what it should be.
 */
export function createRawSse(options: RawSseOptions = {}): Dialect<SseEvent, undefined, SseEvent> {
  const { endsAtEof } = parseSettings('createRawSse()', settings, options);
  return {
    name: 'sse',
    accept: 'text/event-stream',
    contentTypes: ['text/event-stream'],
    endsAtEof,
    decode: (limits) => createSseDecoder(limits),
    read: () => ({ read: (event): Reading<SseEvent> => ({ event }), partial: undefined }),
    resume: {
      sends: 'rest',
      ids: 'opaque',
      endStatuses: [204],
      request(place) {
        const { operation, payload } = place.request;
        if (operation !== 'GET' || payload !== undefined) return undefined;
        return resumeByLastEventId(place);
      },
    },
  };
}

/**
 * Server-sent events as they are, of any kind. The format has no terminator: a stream is complete,
 * with the terminator `eof`, when its bytes end as the wire says they should, after at least one
 * event. A protocol that has a terminator is better read in its own dialect; a feed that lives on
 * over many connections with `createRawSse({ endsAtEof: false })`.
 */
export const rawSse: Dialect<SseEvent, undefined, SseEvent> = createRawSse();
