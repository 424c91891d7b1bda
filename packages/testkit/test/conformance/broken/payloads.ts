import { LinkspanError, type Payload } from '@linkspan/core';
import { type BrokenTransport, mapped, sending } from './variation.ts';

/** The reference that sends another payload than it was given. */
function changing(
  change: (payload: Payload) => Payload | undefined | Promise<Payload | undefined>,
): BrokenTransport['make'] {
  return sending(async (send, { payload, ...request }, context) => {
    const changed = payload === undefined ? undefined : await change(payload);
    return await send(changed === undefined ? request : { ...request, payload: changed }, context);
  });
}

const opened = async (payload: Payload): Promise<AsyncIterable<Uint8Array>> => {
  if (payload.kind === 'factory') return await payload.open();
  if (payload.kind === 'stream') return payload.stream as AsyncIterable<Uint8Array>;
  return mapped(
    one(payload.kind === 'bytes' ? payload.bytes : new Uint8Array(0)),
    (chunk) => chunk,
  );
};

async function* one(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}

const isStreamed = ({ kind }: Payload): boolean => kind === 'factory' || kind === 'stream';

/** Bugs in what the peer gets. */
export const brokenPayloads: readonly BrokenTransport[] = [
  {
    id: 'payload-for-nothing',
    bug: 'sends `undefined` where there is no payload',
    caughtBy: 'p4-no-payload',
    make: sending((send, request, context) =>
      send({ payload: { kind: 'value', value: null }, ...request }, context),
    ),
  },
  {
    id: 'sends-whole-buffer',
    bug: 'sends the whole buffer that the bytes are a part of',
    caughtBy: 'p4-bytes-payload',
    make: changing((payload) =>
      payload.kind === 'bytes'
        ? { kind: 'bytes', bytes: new Uint8Array(payload.bytes.buffer) }
        : payload,
    ),
  },
  {
    id: 'drops-payload',
    bug: 'sends requests with an empty body',
    seenIn: 'jonbern/fetch-retry#99: 18,000 requests',
    caughtBy: 'p4-bytes-payload',
    make: changing(() => undefined),
  },
  {
    id: 'value-as-text',
    bug: 'sends String(value)',
    caughtBy: 'p4-value-payload',
    make: changing((payload) =>
      payload.kind === 'value'
        ? { kind: 'bytes', bytes: Buffer.from(String(payload.value)) }
        : payload,
    ),
  },
  {
    id: 'value-in-latin1',
    bug: 'writes JSON in Latin-1',
    caughtBy: 'p4-value-payload',
    make: changing((payload) =>
      payload.kind === 'value'
        ? { kind: 'bytes', bytes: Buffer.from(JSON.stringify(payload.value), 'latin1') }
        : payload,
    ),
  },
  {
    id: 'cuts-large-payload',
    bug: 'sends at most 1 MiB',
    caughtBy: 'p4-large-payload',
    make: changing((payload) =>
      payload.kind === 'bytes'
        ? { kind: 'bytes', bytes: payload.bytes.subarray(0, 1024 * 1024) }
        : payload,
    ),
  },
  {
    id: 'opens-factory-twice',
    bug: 'opens a factory once to count its bytes, and again to send them',
    caughtBy: 'p4-factory-payload',
    make: changing(async (payload) => {
      if (payload.kind !== 'factory') return payload;
      let byteLength = 0;
      for await (const chunk of await payload.open()) byteLength += chunk.byteLength;
      return { ...payload, byteLength };
    }),
  },
  {
    id: 'expects-factory-at-once',
    bug: 'does not wait for a factory that opens later',
    caughtBy: 'p4-async-factory-payload',
    make: changing((payload) =>
      payload.kind === 'factory'
        ? { kind: 'stream', stream: payload.open() as AsyncIterable<Uint8Array> }
        : payload,
    ),
  },
  {
    id: 'skips-first-chunk',
    bug: 'looks at the first chunk of a stream to see what it is, and does not send it',
    caughtBy: 'p4-stream-payload',
    make: changing(async (payload) => {
      if (payload.kind !== 'stream') return payload;
      const source = (await opened(payload))[Symbol.asyncIterator]();
      await source.next();
      return { kind: 'stream', stream: { [Symbol.asyncIterator]: () => source } };
    }),
  },
  {
    id: 'empty-chunk-is-the-end',
    bug: 'takes an empty chunk for the end of a payload',
    seenIn: 'chunked framing, in which it is',
    caughtBy: 'p4-empty-stream-payload',
    make: changing(async (payload) => {
      if (!isStreamed(payload)) return payload;
      const source = await opened(payload);
      const stream = (async function* () {
        for await (const chunk of source) {
          if (chunk.byteLength === 0) return;
          yield chunk;
        }
      })();
      return { kind: 'stream', stream };
    }),
  },
  {
    id: 'sends-stream-again',
    bug: 'sends a stream that was read once again when the wire breaks',
    seenIn: 'sindresorhus/ky#230, axios/axios PR #11181',
    caughtBy: 'p4-stream-is-never-sent-twice',
    make: sending(async (send, request, context) => {
      try {
        return await send(request, context);
      } catch (error) {
        if (!(error instanceof LinkspanError) || error.kind !== 'network') throw error;
        return await send(request, context);
      }
    }),
  },
  {
    id: 'broken-payload-is-whole',
    bug: 'ends the request properly when its payload breaks off',
    caughtBy: 'p4-broken-payload-is-no-payload',
    make: changing(async (payload) => {
      if (!isStreamed(payload)) return payload;
      const stream = (async function* () {
        try {
          yield* await opened(payload);
        } catch {}
      })();
      return { kind: 'stream', stream };
    }),
  },
  {
    id: 'loses-bytes-of-long-streams',
    bug: 'loses the first byte of every fiftieth chunk of a stream',
    caughtBy: 'p5-streamed-upload',
    make: changing(async (payload) => {
      if (payload.kind !== 'stream') return payload;
      let count = 0;
      const stream = mapped(await opened(payload), (chunk) => {
        count += 1;
        return count % 50 === 0 ? chunk.subarray(1) : chunk;
      });
      return { kind: 'stream', stream };
    }),
  },
];
