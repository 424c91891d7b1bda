import type { ReadableStream, ReadableStreamDefaultReader } from 'node:stream/web';

type Read = ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>;

/** What is read ahead at most, in bytes. */
const MOST = 1024 * 1024;

/**
 * The bytes of a stream that is over within one turn of the event loop, and else a stream of the same
 * bytes. A `Request` has its body as a stream, whatever it was made of: so one that was made of text
 * is sent as text is, with its length, and can be sent again.
 *
 * @throws what the stream fails with meanwhile.
 */
export async function readAhead(
  stream: ReadableStream<Uint8Array>,
): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  const reader = stream.getReader();
  const turn = new Promise<undefined>((resolve) => {
    setImmediate(() => resolve(undefined));
  });
  const chunks: Uint8Array[] = [];
  let length = 0;
  let read: Read = reader.read();
  while (length <= MOST) {
    // oxlint-disable-next-line no-await-in-loop -- chunks come one after another
    const step = await Promise.race([read, turn]);
    if (step === undefined) break;
    if (step.done) return Buffer.concat(chunks);
    chunks.push(step.value);
    length += step.value.byteLength;
    read = reader.read();
  }
  // Whoever reads on is told when it fails, and not before.
  read.catch(() => {});
  return readOn(chunks, read, reader);
}

async function* readOn(
  chunks: readonly Uint8Array[],
  begun: Read,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* chunks;
    // oxlint-disable-next-line no-await-in-loop -- chunks come one after another
    for (let step = await begun; !step.done; step = await reader.read()) yield step.value;
  } finally {
    // A source that fails while it is left has nobody left to tell.
    await reader.cancel().catch(() => {});
  }
}
