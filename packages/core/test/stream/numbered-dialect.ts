import { type Dialect, type Reading, ServerError } from '@linkspan/core';

/** A word, with the id that stood before it, and the id as of this word where frames have ids. */
interface Word {
  readonly id?: string;
  readonly ownId: string | undefined;
  readonly text: string;
}

/** How a dialect of numbered words differs from the usual one. */
export interface NumberedOptions {
  /** @default 'counting' */
  readonly ids?: 'counting' | 'opaque';
  /** Whether the ids are those of the frames, or in the data, where only the reader sees them. @default 'frame' */
  readonly idIn?: 'frame' | 'data';
  readonly sends?: 'rest' | 'snapshot';
  readonly endsAtEof?: boolean;
}

/**
 * A dialect of words, ended by spaces, each with its id: `1:a 2:b END`. `END` ends; `ping` is no
 * progress; `bad` is an error in the stream; `retry=500` asks for a wait; `x` without an id is an
 * event without one. It is resumed with the last id in a header, as server-sent events are, and
 * cancelled by a request of its own.
 */
export function numbered(options: NumberedOptions = {}): Dialect<string, string, Word> {
  const { ids = 'counting', idIn = 'frame', sends = 'rest', endsAtEof = false } = options;
  return {
    name: 'numbered',
    accept: 'text/event-stream',
    contentTypes: ['text/event-stream'],
    endsAtEof,
    decode() {
      let rest = '';
      let lastId = '';
      const toWord = (part: string): Word => {
        const [, id, text = part] = /^([^:]+):(.*)$/.exec(part) ?? [];
        if (id !== undefined) lastId = id;
        return { ...(idIn === 'frame' && { id: lastId }), ownId: id, text };
      };
      let retryMs: number | undefined;
      return {
        get retryMs() {
          return retryMs;
        },
        get lastEventId() {
          return idIn === 'frame' ? lastId : '';
        },
        push(bytes) {
          const parts = `${rest}${new TextDecoder().decode(bytes)}`.split(' ');
          rest = parts.pop() ?? '';
          for (const part of parts) {
            if (part.startsWith('retry=')) retryMs = Number(part.slice('retry='.length));
          }
          return parts.filter((part) => part !== '' && !part.startsWith('retry=')).map(toWord);
        },
        end: () => [],
      };
    },
    read() {
      let text = '';
      return {
        get partial() {
          return text;
        },
        read(word, isRepeat): Reading<string> {
          if (word.text === 'END') return { terminal: 'ends', terminator: 'END' };
          if (word.text === 'bad')
            return { error: new ServerError('Cannot go on', { status: 500 }) };
          const id = idIn === 'data' ? word.ownId : undefined;
          if (id !== undefined && isRepeat?.(id) === true) return {};
          text = sends === 'snapshot' && word.text.startsWith('=') ? word.text : text + word.text;
          return {
            event: word.text,
            progress: word.text !== 'ping',
            ...(id !== undefined && { id }),
          };
        },
      };
    },
    resume: {
      sends,
      ids,
      endStatuses: [204],
      request: ({ request, lastEventId }) => ({
        operation: 'GET',
        target: request.target,
        headers: {
          ...request.headers,
          ...(lastEventId !== '' && { 'last-event-id': lastEventId }),
        },
      }),
    },
    cancel: ({ request, lastEventId }) => ({
      operation: 'DELETE',
      target: request.target,
      headers: { ...request.headers, 'last-event-id': lastEventId },
    }),
  };
}
