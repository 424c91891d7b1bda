import type { IncomingMessage } from 'node:http';
import { type Body, LinkspanError } from '@linkspan/core';
import { ReferenceTransport } from '../reference-transport.ts';
import {
  answering,
  type BrokenTransport,
  END,
  failingBody,
  later,
  overBody,
  reading,
  sending,
} from './variation.ts';

const isFailure = (error: unknown): boolean => error instanceof LinkspanError;

/** A transport that looks at the cause of a body that broke. */
function forgiving(code: string): (baseUrl: string) => ReferenceTransport {
  return (baseUrl) => new ForgivingTransport(baseUrl, code);
}

class ForgivingTransport extends ReferenceTransport {
  readonly #code: string;

  constructor(baseUrl: string, code: string) {
    super(baseUrl);
    this.#code = code;
  }

  protected override async *read(answer: IncomingMessage): AsyncGenerator<Uint8Array, undefined> {
    const how = new Promise<string>((resolve) => {
      answer.socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? ''));
      answer.socket.once('end', () => resolve('end'));
    });
    try {
      for await (const chunk of super.read(answer)) yield chunk;
    } catch (error) {
      if ((await Promise.race([how, later(50)])) !== this.#code) throw error;
    }
  }
}

/** Bugs that give less than the whole, and do not say so. */
export const brokenWholeness: readonly BrokenTransport[] = [
  {
    id: 'reset-is-an-end',
    bug: 'takes a reset in a body for its end',
    seenIn: 'griffinwork40/agent-afk#635',
    caughtBy: 'p4-cut-by-reset',
    make: forgiving('ECONNRESET'),
  },
  {
    id: 'end-of-wire-is-an-end',
    bug: 'takes the end of the wire for the end of the body',
    seenIn: 'NVIDIA/TensorRT-LLM#18289',
    caughtBy: 'p4-cut-by-end',
    make: forgiving('end'),
  },
  {
    id: 'cut-is-empty',
    bug: 'takes a body that was cut before its first byte for an empty one',
    caughtBy: 'p4-cut-after-head',
    make: answering(() => {
      let hasBegun = false;
      return {
        iterate: reading(async (source) => {
          try {
            const read = await source.next();
            hasBegun = true;
            return read;
          } catch (error) {
            if (hasBegun || !isFailure(error)) throw error;
            return END;
          }
        }),
      };
    }),
  },
  {
    id: 'long-cut-is-an-end',
    bug: 'takes a cut for an end when much had come',
    caughtBy: 'p4-cut-far-in',
    make: answering(() => {
      let bytes = 0;
      return {
        iterate: reading(async (source) => {
          try {
            const read = await source.next();
            if (read.done !== true) bytes += read.value.byteLength;
            return read;
          } catch (error) {
            if (bytes < 100_000 || !isFailure(error)) throw error;
            return END;
          }
        }),
      };
    }),
  },
  {
    id: 'collects-what-came',
    bug: 'gives from collect() what had come before the cut',
    seenIn: 'agent0ai/agent-zero#1747',
    caughtBy: 'p4-cut-while-collecting',
    make: answering((body) => ({
      collect: async () => {
        const chunks: Uint8Array[] = [];
        try {
          for await (const chunk of body) chunks.push(chunk);
        } catch (error) {
          if (!isFailure(error)) throw error;
        }
        return chunks;
      },
    })),
  },
  {
    id: 'cut-is-forgotten-by-slow-reader',
    bug: 'forgets the failure of a body when its reader comes late',
    caughtBy: 'p4-cut-before-slow-reader',
    make: answering(() => {
      let lastAt = performance.now();
      return {
        iterate: reading(async (source) => {
          const isLate = performance.now() - lastAt > 30;
          try {
            return await source.next();
          } catch (error) {
            if (!isLate || !isFailure(error)) throw error;
            return END;
          } finally {
            lastAt = performance.now();
          }
        }),
      };
    }),
  },
  {
    id: 'empty-answer-for-broken-wire',
    bug: 'makes an empty answer of a wire that broke before the head',
    seenIn: 'openai 7.55, @ag-ui/client 1.0: nothing is reported as success',
    caughtBy: 'p4-no-head-no-answer',
    make: sending(async (send, request, context) => {
      try {
        return await send(request, context);
      } catch (error) {
        if (!(error instanceof LinkspanError) || error.kind !== 'network') throw error;
        return { status: 200, headers: {}, body: emptyBody() };
      }
    }),
  },
  {
    id: 'empty-body-hangs',
    bug: 'waits for a first chunk that an empty body does not have',
    caughtBy: 'p4-empty-body',
    make: answering(() => {
      let hasBegun = false;
      return {
        iterate: reading(async (source) => {
          const read = await source.next();
          if (read.done === true && !hasBegun) return await new Promise<never>(() => {});
          hasBegun = true;
          return read;
        }),
      };
    }),
  },
  {
    id: 'loses-a-chunk',
    bug: 'loses what comes at the moment in which its buffer is full',
    caughtBy: 'p4-large-body',
    make: answering(() => {
      let bytes = 0;
      return {
        iterate: reading(async (source) => {
          let read = await source.next();
          if (read.done !== true) bytes += read.value.byteLength;
          if (bytes > 1024 * 1024) {
            bytes = 0;
            read = await source.next();
          }
          return read;
        }),
      };
    }),
  },
  {
    id: 'decodes-bytes-as-text',
    bug: 'makes text of bytes and bytes of text',
    caughtBy: 'p4-chunk-sizes',
    make: answering(() => ({
      iterate: reading(async (source) => {
        const read = await source.next();
        if (read.done === true) return read;
        return { done: false, value: Buffer.from(Buffer.from(read.value).toString()) };
      }),
    })),
  },
  {
    id: 'reuses-its-buffer',
    bug: 'gives chunks that are views of one buffer, which the next overwrites',
    caughtBy: 'p4-iterated-like-collected',
    make: answering(() => {
      const buffer = new Uint8Array(1024 * 1024);
      return {
        iterate: reading(async (source) => {
          const read = await source.next();
          if (read.done === true) return read;
          buffer.set(read.value);
          return { done: false, value: buffer.subarray(0, read.value.length) };
        }),
      };
    }),
  },
  {
    id: 'overlapping-read-is-an-end',
    bug: 'answers a read that overlaps another with the end',
    caughtBy: 'p4-overlapping-reads',
    make: answering(() => {
      let isReading = false;
      return {
        iterate: reading(async (source) => {
          if (isReading) return END;
          isReading = true;
          try {
            return await source.next();
          } finally {
            isReading = false;
          }
        }),
      };
    }),
  },
  {
    id: 'read-twice-is-empty',
    bug: 'gives an empty body to whoever reads a second time',
    seenIn: 'jonbern/fetch-retry#99',
    caughtBy: 'p4-read-once',
    make: answering((body) => {
      let isTaken = false;
      return {
        collect: async (options) => {
          if (isTaken) return [];
          isTaken = true;
          return await body.collect(options);
        },
        iterate: (taken) => {
          if (isTaken) return { next: async () => END };
          isTaken = true;
          return taken[Symbol.asyncIterator]();
        },
      };
    }),
  },
  {
    id: 'cut-behind-good-answers',
    bug: 'takes a cut for an end on a connection that was used before',
    caughtBy: 'p4-cut-on-used-wire',
    make: (() => {
      let answers = 0;
      return failingBody((error) => {
        answers += 1;
        return answers > 1 && isFailure(error) ? END : error;
      });
    })(),
  },
];

function emptyBody(): Body {
  const nothing: Body = {
    [Symbol.asyncIterator]: () => ({ next: async () => END }),
    collect: async () => [],
    cancel: async () => {},
    onClose: (listener) => listener(),
    [Symbol.asyncDispose]: async () => {},
  };
  return overBody(nothing, {});
}
