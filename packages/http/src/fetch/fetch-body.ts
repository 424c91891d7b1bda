import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { type Body, MessageTooLargeError } from '@linkspan/core';
import { BodyStream } from './body-stream.ts';
import { HeldBody } from './held-body.ts';

/** How a body is read. */
export interface FetchBodyOptions {
  /** Turns what the body fails with into what readers are told. */
  readonly toFailure: (error: unknown) => unknown;
  /** The most bytes that are read as a whole. */
  readonly maxBytes: number;
}

const utf8 = new TextDecoder();

/**
 * The body of a fetched answer, read once: as a whole, which needs no stream, or as a stream, which
 * is made when it is asked for.
 */
export class FetchBody {
  readonly #options: FetchBodyOptions;
  /** Absent for a branch of a body that was teed: it is a stream from the start. */
  #held: HeldBody | undefined;
  #stream: ReadableStream<Uint8Array> | undefined;
  #isCollected = false;

  constructor(source: Body | ReadableStream<Uint8Array>, options: FetchBodyOptions) {
    this.#options = options;
    if (source instanceof ReadableStream) this.#stream = source;
    else this.#held = new HeldBody(source);
  }

  get stream(): ReadableStream<Uint8Array> {
    if (this.#stream === undefined) {
      this.#stream = new BodyStream(this.#held!, this.#options.toFailure);
      if (this.#isCollected) this.#stream.getReader();
    }
    return this.#stream;
  }

  /** Whether it was read from or cancelled. */
  get isUsed(): boolean {
    if (this.#isCollected) return true;
    const stream = this.#stream;
    if (stream === undefined) return false;
    return stream instanceof BodyStream
      ? stream.isDisturbed
      : Readable.isDisturbed(stream as never);
  }

  /** Another body with the same bytes. What one of the two has read and the other has not is held. */
  clone(): FetchBody {
    this.#checkUsable();
    const [mine, theirs] = this.stream.tee();
    this.#held = undefined;
    this.#stream = mine;
    return new FetchBody(theirs, this.#options);
  }

  async text(): Promise<string> {
    const chunks = await this.#collect();
    return utf8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  }

  /** The bytes, in a buffer of their own. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const chunks = await this.#collect();
    const bytes = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
    let length = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, length);
      length += chunk.byteLength;
    }
    return bytes;
  }

  async #collect(): Promise<readonly Uint8Array[]> {
    this.#checkUsable();
    this.#isCollected = true;
    const { maxBytes, toFailure } = this.#options;
    if (this.#held === undefined) return await collectStream(this.stream, maxBytes, toFailure);
    // The stream is locked from now on, as one that was read is.
    this.#stream?.getReader();
    const held = this.#held;
    try {
      return await held.body.collect({ maxBytes });
    } catch (error) {
      throw toFailure(error);
    } finally {
      // Until here somebody has to hold it.
      this.#held = held;
    }
  }

  #checkUsable(): void {
    if (this.isUsed || this.#stream?.locked === true) {
      throw new TypeError('Body is unusable: it has been read already, or is being read');
    }
  }
}

async function collectStream(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  toFailure: (error: unknown) => unknown,
): Promise<readonly Uint8Array[]> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  // oxlint-disable-next-line no-await-in-loop -- chunks come one after another
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    length += step.value.byteLength;
    if (length > maxBytes) {
      // It ends when the other branch is left, too: nobody waits for that.
      reader.cancel().catch(() => {});
      throw toFailure(
        new MessageTooLargeError(`Cannot collect the body: it has more than ${maxBytes} bytes`),
      );
    }
    chunks.push(step.value);
  }
  return chunks;
}
