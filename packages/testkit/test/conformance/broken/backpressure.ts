import type { ClientRequest } from 'node:http';
import type { Transport } from '@linkspan/core';
import { ReferenceTransport } from '../reference-transport.ts';
import type { Upload } from '../upload.ts';
import { chunksOf, isStreamed, readAhead, readingAhead } from './read-ahead.ts';
import {
  answering,
  type BrokenTransport,
  END,
  over,
  overBody,
  reading,
  sending,
  withoutReturn,
} from './variation.ts';

class HastyTransport extends ReferenceTransport {
  protected override write(upload: Upload, wire: ClientRequest): void {
    const write = wire.write.bind(wire);
    // A wire that never says that it is full.
    Object.assign(wire, { write: (chunk: Uint8Array) => write(chunk) || true });
    super.write(upload, wire);
  }
}

const unthrottled = ({ capabilities }: Transport): Transport['capabilities'] => ({
  ...capabilities,
  backpressure: false,
});

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
            held = read.done === true ? undefined : read.value;
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
      const chunks = readAhead(body[Symbol.asyncIterator]());
      return { iterate: () => chunks };
    }),
  },
  {
    id: 'reads-ahead-once-begun',
    bug: 'reads on without limit when somebody has begun to read',
    caughtBy: 'p5-slow-reader',
    make: answering((body) => ({ iterate: () => readAhead(body[Symbol.asyncIterator]()) })),
  },
  {
    id: 'grows-by-permission',
    bug: 'takes that it cannot slow the peer for a licence to hold all that comes',
    seenIn: 'nats-io/nats.js: the queue of a subscription that is iterated slowly',
    caughtBy: 'p5-overrun-as-declared',
    make: (baseUrl) => {
      const transport = answering((body) => {
        const chunks = readAhead(body[Symbol.asyncIterator]());
        return { iterate: () => chunks };
      })(baseUrl);
      return over(transport, { capabilities: unthrottled(transport) });
    },
  },
  {
    id: 'ends-what-overran',
    bug: 'leaves a body whose reader is slow, and lets it just end',
    caughtBy: 'p5-overrun-as-declared',
    make: (baseUrl) => {
      const transport = answering((body) => {
        const first = body[Symbol.asyncIterator]().next();
        const left = first.then(() => body.cancel());
        return {
          iterate: () => {
            let isFirst = true;
            return {
              next: async () => {
                await left;
                const read = isFirst ? await first : END;
                isFirst = false;
                return read;
              },
            };
          },
        };
      })(baseUrl);
      return over(transport, { capabilities: unthrottled(transport) });
    },
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
          if (read.done !== true) bytes += read.value.byteLength;
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
    make: readingAhead,
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
];
