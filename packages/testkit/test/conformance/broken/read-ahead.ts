import type { Payload } from '@linkspan/core';
import { type BrokenTransport, END, later, sending } from './variation.ts';

type Chunks = AsyncIterator<Uint8Array, unknown>;
type Read = IteratorResult<Uint8Array, undefined>;

/** Chunks that are taken from their source as fast as they come, whether or not anybody asks. */
export function readAhead(source: Chunks): AsyncIterator<Uint8Array, undefined> {
  const queue: (() => Read)[] = [];
  const pump = async (): Promise<void> => {
    try {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- one chunk after another
        const read = await source.next();
        queue.push(() => (read.done === true ? END : read));
        if (read.done === true) return;
      }
    } catch (error) {
      queue.push(() => {
        throw error;
      });
    }
  };
  void pump();
  return {
    next: async () => {
      while (queue.length === 0) await later(1);
      return (queue.shift() as () => Read)();
    },
    return: async () => {
      await source.return?.();
      return END;
    },
  };
}

/** The payload as a stream, however it was given. */
export async function chunksOf(payload: Payload): Promise<AsyncIterable<Uint8Array>> {
  if (payload.kind === 'factory') return await payload.open();
  return (payload as { readonly stream: AsyncIterable<Uint8Array> }).stream;
}

/** Whether it is a factory or a stream. */
export const isStreamed = (payload: Payload | undefined): payload is Payload =>
  payload?.kind === 'factory' || payload?.kind === 'stream';

/** The reference that reads payloads as fast as they come. */
export const readingAhead: BrokenTransport['make'] = sending(async (send, request, context) => {
  const { payload } = request;
  if (!isStreamed(payload)) return await send(request, context);
  const chunks = readAhead((await chunksOf(payload))[Symbol.asyncIterator]());
  const stream = { [Symbol.asyncIterator]: () => chunks };
  return await send({ ...request, payload: { kind: 'stream', stream } }, context);
});
