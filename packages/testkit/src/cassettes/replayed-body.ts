import { type Clock, sleep } from '@linkspan/concurrency';
import { TransportError } from '@linkspan/core';
import type { RecordedAnswer, RecordedEnd } from './cassette.ts';
import type { PayloadReader } from './payload-reader.ts';
import { playBytes } from './recorded-bytes.ts';
import { playFailure } from './recorded-failure.ts';

const END = { done: true, value: undefined } as const;

/** What a body is played with. */
export interface ReplayedBodyOptions {
  /** The clock for the recorded times; `undefined` plays as fast as it is read. */
  readonly clock: Clock | undefined;
  /** The payload, where it is still being sent: the body fails when it does, and leaves it. */
  readonly conversation: PayloadReader | undefined;
}

/** The recorded chunks, one after another, each when it is asked for; then the recorded end. */
export function replayedBody(
  answer: RecordedAnswer,
  options: ReplayedBodyOptions,
): AsyncIterable<Uint8Array> {
  const { clock, conversation } = options;
  return {
    [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
      const leaving = new AbortController();
      let index = 0;
      return {
        async next() {
          conversation?.throwIfFailed();
          const chunk = answer.chunks[index];
          if (chunk === undefined) {
            conversation?.stop();
            return playEnd(answer.end);
          }
          index += 1;
          if (clock !== undefined && chunk.afterMs !== undefined) {
            await sleep(chunk.afterMs, leaving.signal, clock);
          }
          return { done: false, value: playBytes(chunk) };
        },
        async return() {
          leaving.abort();
          conversation?.stop();
          return END;
        },
      };
    },
  };
}

function playEnd(end: RecordedEnd): typeof END {
  switch (end.how) {
    case 'complete':
      return END;
    case 'failed':
      throw playFailure(end.error);
    case 'left':
      throw overError('its reader left the body here');
    case 'truncated':
      throw overError(`no more than ${end.maxBodyBytes} bytes were kept (maxBodyBytes)`);
  }
}

function overError(state: string): TransportError {
  return new TransportError(`Cannot replay the answer beyond what was recorded: ${state}`, {
    code: 'recording_over',
    phase: 'body',
    sent: 'yes',
  });
}
