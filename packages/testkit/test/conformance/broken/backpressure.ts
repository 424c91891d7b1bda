import type { ClientRequest } from 'node:http';
import type { Payload } from '@linkspan/core';
import { ReferenceTransport } from '../reference-transport.ts';
import type { Upload } from '../upload.ts';
import {
  answering,
  type BrokenTransport,
  END,
  later,
  over,
  overBody,
  reading,
  sending,
  withoutReturn,
} from './variation.ts';

/** The payload as a stream, however it was given. */
async function chunksOf(payload: Payload): Promise<AsyncIterable<Uint8Array>> {
  if (payload.kind === 'factory') return await payload.open();
  return (payload as { readonly stream: AsyncIterable<Uint8Array> }).stream;
}

const isStreamed = (payload: Payload | undefined): payload is Payload =>
  payload?.kind === 'factory' || payload?.kind === 'stream';

class HastyTransport extends ReferenceTransport {
  protected override write(upload: Upload, wire: ClientRequest): void {
    const write = wire.write.bind(wire);
    // A wire that never says that it is full.
    Object.assign(wire, { write: (chunk: Uint8Array) => write(chunk) || true });
    super.write(upload, wire);
  }
}

/** Bugs that let memory grow, or stop what should go on. */
export const brokenBackpressure: readonly BrokenTransport[] = [
  {
    id: 'buffers-answers',
    bug: 'resolves when the whole body has come',
    seenIn: 'U18; Synapse, whose stream_request() buffers',
    caughtBy: 'p5-as-they-come',
    make: sending(async (send, request, context) => {
      const response = await send(request, context);
      const chunks = [...(await response.body.collect())];
      const iterate = (): AsyncIterator<Uint8Array, undefined> => ({
        next: async () => {
          const value = chunks.shift();
          return value === undefined ? END : { done: false, value };
        },
      });
      return { ...response, body: overBody(response.body, { iterate }) };
    }),
  },
  {
    id: 'holds-back-last-chunk',
    bug: 'gives a chunk when the next one has come',
    seenIn: 'decoders that look ahead; everruns/everruns#604',
    caughtBy: 'p5-as-they-come',
    make: answering(() => {
      let held: Uint8Array | undefined;
      return {
        iterate: reading(async (source) => {
          for (;;) {
            // oxlint-disable-next-line no-await-in-loop -- one chunk after another
            const read = await source.next();
            const value = held;
            held = read.value;
            if (value !== undefined) return { done: false, value };
            if (read.done === true) return END;
          }
        }),
      };
    }),
  },
  {
    id: 'reads-ahead-without-limit',
    bug: 'reads a body as fast as it comes, whether or not anybody takes it',
    seenIn: 'undici GHSA-9f24-jqhm-jfcw',
    caughtBy: 'p5-unread-body',
    make: answering((body) => {
      const source = body[Symbol.asyncIterator]();
      const held: IteratorResult<Uint8Array, undefined>[] = [];
      let failure: unknown;
      const reading = (async () => {
        for (;;) {
          // oxlint-disable-next-line no-await-in-loop -- one chunk after another
          const read = await source.next();
          held.push(read);
          if (read.done === true) return;
        }
      })();
      reading.catch((error: unknown) => (failure = error));
      return {
        iterate: () => ({
          next: async () => {
            while (held.length === 0 && failure === undefined) await later(1);
            if (held.length === 0) throw failure;
            return held.shift() as IteratorResult<Uint8Array, undefined>;
          },
          return: async () => (await source.return?.()) ?? END,
        }),
      };
    }),
  },
  {
    id: 'reads-ahead-once-begun',
    bug: 'reads on without limit when the first chunk was taken',
    caughtBy: 'p5-slow-reader',
    make: answering((body) => {
      const held: IteratorResult<Uint8Array, undefined>[] = [];
      return {
        iterate: () => {
          const source = body[Symbol.asyncIterator]();
          let pumping: Promise<void> | undefined;
          const pump = async (): Promise<void> => {
            for (;;) {
              // oxlint-disable-next-line no-await-in-loop -- one chunk after another
              const read = await source.next();
              held.push(read);
              if (read.done === true) return;
            }
          };
          return {
            next: async () => {
              pumping ??= pump().catch(() => {});
              while (held.length === 0) await later(1);
              return held.shift() as IteratorResult<Uint8Array, undefined>;
            },
            return: async () => (await source.return?.()) ?? END,
          };
        },
      };
    }),
  },
  {
    id: 'pauses-for-ever',
    bug: 'stops the peer when its buffer is full, and never lets it go on',
    caughtBy: 'p5-steady-reader',
    make: answering(() => {
      let bytes = 0;
      return {
        iterate: reading(async (source) => {
          if (bytes > 4 * 1024 * 1024) return await new Promise<never>(() => {});
          const read = await source.next();
          bytes += read.value?.byteLength ?? 0;
          return read;
        }),
      };
    }),
  },
  {
    id: 'drains-left-bodies',
    bug: 'reads the rest of a body that was left, to keep its connection, however long it is',
    seenIn: 'libraries that "drain" before they reuse a socket',
    caughtBy: 'p5-flood-stops-when-left',
    make: answering((body) => {
      const source = body[Symbol.asyncIterator]();
      return {
        iterate: () => source,
        cancel: async () => {
          void (async () => {
            for (;;) {
              // oxlint-disable-next-line no-await-in-loop -- one chunk after another
              if ((await source.next()).done === true) return;
            }
          })().catch(() => {});
        },
      };
    }),
  },
  {
    id: 'one-at-a-time',
    bug: 'makes no other call while a body is not read to its end',
    caughtBy: 'p5-paused-body-does-not-block',
    make: (baseUrl) => {
      const transport = new ReferenceTransport(baseUrl);
      let last: Promise<void> = Promise.resolve();
      return over(transport, {
        send: async (request, context) => {
          const mine = Promise.withResolvers<void>();
          const before = last;
          last = mine.promise;
          await before;
          try {
            const response = await transport.send(request, context);
            response.body.onClose(mine.resolve);
            return response;
          } catch (error) {
            mine.resolve();
            throw error;
          }
        },
      });
    },
  },
  {
    id: 'writes-without-looking',
    bug: 'writes to the wire without waiting for it to drain',
    seenIn: 'websockets/ws#1218, can1357/oh-my-pi#4248',
    caughtBy: 'p5-deaf-peer',
    make: (baseUrl) => new HastyTransport(baseUrl),
  },
  {
    id: 'reads-payload-first',
    bug: 'reads a payload into memory before it sends anything',
    caughtBy: 'p8-duplex-as-declared',
    make: sending(async (send, request, context) => {
      const { payload } = request;
      if (!isStreamed(payload)) return await send(request, context);
      const chunks: Uint8Array[] = [];
      for await (const chunk of await chunksOf(payload)) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      return await send({ ...request, payload: { kind: 'bytes', bytes } }, context);
    }),
  },
  {
    id: 'reads-payload-ahead',
    bug: 'reads a payload into a queue as fast as it comes',
    caughtBy: 'p5-deaf-peer',
    make: sending(async (send, request, context) => {
      const { payload } = request;
      if (!isStreamed(payload)) return await send(request, context);
      const source = (await chunksOf(payload))[Symbol.asyncIterator]();
      const queue: IteratorResult<Uint8Array, unknown>[] = [];
      let failure: unknown;
      const pump = async (): Promise<void> => {
        for (;;) {
          // oxlint-disable-next-line no-await-in-loop -- one chunk after another
          const read = await source.next();
          queue.push(read);
          if (read.done === true) return;
        }
      };
      pump().catch((error: unknown) => (failure = error));
      const stream = {
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            while (queue.length === 0 && failure === undefined) await later(1);
            if (queue.length === 0) throw failure;
            return queue.shift() as IteratorResult<Uint8Array, unknown>;
          },
          return: async () => (await source.return?.()) ?? END,
        }),
      };
      return await send({ ...request, payload: { kind: 'stream', stream } }, context);
    }),
  },
  {
    id: 'keeps-payload-of-deaf-peer',
    bug: 'does not leave a payload whose peer takes nothing',
    caughtBy: 'p5-deaf-peer-is-left',
    make: sending((send, request, context) => send(withoutReturn(request), context)),
  },
  {
    id: 'no-clock-while-uploading',
    bug: 'starts attemptMs when the request was written',
    seenIn: 'nodejs/undici: headersTimeout',
    caughtBy: 'p5-deaf-peer-and-clock',
    make: sending((send, request, context) =>
      send(request, isStreamed(request.payload) ? { ...context, attemptMs: Infinity } : context),
    ),
  },
  {
    id: 'conversation-in-turns',
    bug: 'gives the body of a conversation when its payload has ended',
    caughtBy: 'p5-converse',
    make: sending(async (send, request, context) => {
      const { payload } = request;
      if (payload?.kind !== 'stream') return await send(request, context);
      const ended = Promise.withResolvers<void>();
      const stream = (async function* () {
        try {
          yield* payload.stream as AsyncIterable<Uint8Array>;
        } finally {
          ended.resolve();
        }
      })();
      const response = await send({ ...request, payload: { kind: 'stream', stream } }, context);
      await ended.promise;
      return response;
    }),
  },
  {
    id: 'keeps-payload-of-left-conversation',
    bug: 'does not leave the payload when the body of a conversation is left',
    caughtBy: 'p5-leave-conversation',
    make: sending((send, request, context) => send(withoutReturn(request), context)),
  },
  {
    id: 'conversation-outlives-its-payload',
    bug: 'lets a conversation go on whose payload broke off',
    caughtBy: 'p5-failing-conversation',
    make: sending(async (send, request, context) => {
      const { payload } = request;
      if (payload?.kind !== 'stream') return await send(request, context);
      const stream = (async function* () {
        try {
          yield* payload.stream as AsyncIterable<Uint8Array>;
        } catch {}
      })();
      return await send({ ...request, payload: { kind: 'stream', stream } }, context);
    }),
  },
];
