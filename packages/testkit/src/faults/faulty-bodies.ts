import { type Clock, sleep } from '@linkspan/concurrency';

type Chunk = Uint8Array | string;

const END = { done: true, value: undefined } as const;

/** These chunks, then silence until the reader leaves. */
export function stallAfter(chunks: Iterable<Chunk>): AsyncIterable<Chunk> {
  return {
    [Symbol.asyncIterator]() {
      const source = chunks[Symbol.iterator]();
      const left = Promise.withResolvers<IteratorResult<Chunk, undefined>>();
      return {
        async next() {
          const step = source.next();
          return step.done === true ? await left.promise : step;
        },
        async return() {
          left.resolve(END);
          return END;
        },
      };
    },
  };
}

/** These chunks, each `everyMs` after the one before. Leaving takes the timer back. */
export function trickleOf(
  chunks: Iterable<Chunk>,
  everyMs: number,
  clock: Clock,
): AsyncIterable<Chunk> {
  return {
    [Symbol.asyncIterator]() {
      const source = chunks[Symbol.iterator]();
      const leaving = new AbortController();
      return {
        async next() {
          const step = source.next();
          if (step.done === true) return END;
          await sleep(everyMs, leaving.signal, clock);
          return step;
        },
        async return() {
          leaving.abort();
          return END;
        },
      };
    },
  };
}

/** The same chunk for ever. */
export async function* floodOf(chunk: Chunk): AsyncGenerator<Chunk, never> {
  for (;;) yield chunk;
}
