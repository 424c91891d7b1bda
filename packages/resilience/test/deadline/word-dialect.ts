import type { Dialect, Reading } from '@linkspan/core';

interface Word {
  readonly id?: string;
  readonly text: string;
}

/** Words with counting ids, `1:a 2:a END`: the least that can be resumed. */
export function wordDialect(): Dialect<string, undefined, Word> {
  return {
    name: 'words',
    accept: 'text/event-stream',
    contentTypes: ['text/event-stream'],
    decode() {
      let rest = '';
      return {
        push(bytes) {
          const parts = `${rest}${new TextDecoder().decode(bytes)}`.split(' ');
          rest = parts.pop() ?? '';
          return parts.map((part) => {
            const [id, text] = part.split(':');
            return text === undefined ? { text: part } : { id: id!, text };
          });
        },
        end: () => [],
      };
    },
    read: () => ({
      partial: undefined,
      read: ({ text }): Reading<string> =>
        text === 'END' ? { terminal: 'ends', terminator: 'END' } : { event: text },
    }),
    resume: {
      sends: 'rest',
      ids: 'counting',
      request: ({ request, lastEventId }) => ({
        operation: 'GET',
        target: request.target,
        headers: {
          ...request.headers,
          ...(lastEventId !== '' && { 'last-event-id': lastEventId }),
        },
      }),
    },
  };
}
