import {
  type Dialect,
  ProtocolError,
  type Reading,
  ServerError,
  type StreamHead,
} from '@linkspan/core';

/**
 * A dialect of words, ended by spaces: `END` ends, after `fin` the bytes may end, until `more`; `.` is
 * nothing, `ping` is no progress, `bad` is an error in the stream, `sorry` one that more may follow,
 * `!` cannot be decoded. The rest are events.
 */
export const words: Dialect<string, readonly string[], string> = {
  name: 'words',
  accept: 'text/event-stream',
  contentTypes: ['text/event-stream'],
  decode() {
    let rest = '';
    let failure: ProtocolError | undefined;
    return {
      lastEventId: '7',
      get failure() {
        return failure;
      },
      push(bytes) {
        if (failure !== undefined) throw failure;
        const parts = `${rest}${new TextDecoder().decode(bytes)}`.split(' ');
        rest = parts.pop() ?? '';
        const bad = parts.indexOf('!');
        if (bad === -1) return parts;
        failure = new ProtocolError('Cannot decode the words: found !');
        if (bad === 0) throw failure;
        return parts.slice(0, bad);
      },
      end: () => (rest === '' ? [] : [rest]),
    };
  },
  read() {
    const partial: string[] = [];
    return {
      usage: { outputTokens: 3 },
      finishReason: 'stop',
      partial,
      read(word): Reading<string> {
        if (word === 'END') return { terminal: 'ends', terminator: 'END' };
        if (word === '.') return { progress: false };
        if (word === 'bad') return { error: new ServerError('Cannot go on', { status: 500 }) };
        if (word === 'throw') throw new TypeError('a mistake');
        partial.push(word);
        if (word === 'ping') return { event: word, progress: false };
        if (word === 'more') return { event: word, terminal: 'goes-on' };
        if (word === 'sorry') {
          const error = new ServerError('Cannot answer', { status: 500 });
          return { event: word, terminal: 'may-end', error };
        }
        return word === 'fin'
          ? { event: word, terminal: 'may-end', terminator: 'fin' }
          : { event: word };
      },
    };
  },
  classifyError: (body: unknown, head: StreamHead) =>
    typeof body === 'object' && body !== null && 'error' in body
      ? new ServerError('Cannot answer: the peer said so', { status: head.status ?? 500 })
      : undefined,
};
