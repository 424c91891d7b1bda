import type { Transform } from 'node:stream';
import {
  type Body,
  DeserializationError,
  MessageTooLargeError,
  type TransportResponse,
} from '@linkspan/core';
import { type Coding, codings } from './content-codings.ts';

type Read = IteratorResult<Uint8Array, undefined>;

/** How many codings may lie on one another. */
const LONGEST_CHAIN = 2;
/** From this size on, a body may be at most `HIGHEST_RATIO` times as large as its compressed form. */
const FREE_BYTES = 1024 * 1024;
const HIGHEST_RATIO = 100;
/** Compressed bodies up to this size are decoded at once. */
const SMALL_BODY = 16 * 1024;

const END: Read = { done: true, value: undefined };

/**
 * The answer with its body decoded. Answers without a coding, or with one that is not known, are
 * given back as they are. The headers about the coding and the length of what was coded are taken
 * out, as they do not tell of this body.
 */
export function decodeResponse(response: TransportResponse): TransportResponse {
  const header = response.headers['content-encoding'];
  if (header === undefined) return response;
  const names = (typeof header === 'string' ? header : header.join(','))
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length === 0) return response;
  const chain: Coding[] = [];
  for (const name of names.toReversed()) {
    const coding = Object.hasOwn(codings, name) ? codings[name] : undefined;
    if (coding === undefined) return response;
    chain.push(coding);
  }
  const { 'content-encoding': _encoding, 'content-length': _length, ...headers } = response.headers;
  return { ...response, headers, body: new DecodedBody(response.body, chain) };
}

/**
 * A body that is decoded while it is read, and no further than it is read. What is cut or corrupt
 * fails, and so does what grows beyond all measure.
 */
class DecodedBody implements Body, AsyncIterator<Uint8Array, undefined> {
  readonly #raw: Body;
  readonly #chain: readonly Coding[];
  #pull: (() => Promise<IteratorResult<Uint8Array, unknown>>) | undefined;
  #decoders: Transform[] = [];
  #isWriting = false;
  #isInputOver = false;
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #bytesIn = 0;
  #bytesOut = 0;
  #pending: Promise<unknown> = Promise.resolve();

  constructor(raw: Body, chain: readonly Coding[]) {
    this.#raw = raw;
    this.#chain = chain;
  }

  [Symbol.asyncIterator](): this {
    const iterator = this.#raw[Symbol.asyncIterator]();
    this.#pull = () => iterator.next();
    return this;
  }

  /** Reads that overlap are served one after another, as an async generator does. */
  next(): Promise<Read> {
    const read = this.#pending.then(() => this.#read());
    this.#pending = read.catch(() => {});
    return read;
  }

  async return(): Promise<Read> {
    await this.cancel();
    return END;
  }

  async collect({ maxBytes = Infinity }: { readonly maxBytes?: number } = {}): Promise<
    readonly Uint8Array[]
  > {
    const chunks = await this.#raw.collect({ maxBytes });
    const bytes = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (bytes === 0) return [];
    if (bytes <= SMALL_BODY && this.#chain.length === 1) {
      return [this.#decodeAtOnce(chunks, bytes, maxBytes)];
    }
    const input = chunks.values();
    this.#pull = () => Promise.resolve(input.next() as Read);
    const decoded: Uint8Array[] = [];
    // oxlint-disable-next-line no-await-in-loop -- chunks come one after another
    for (let step = await this.next(); step.done !== true; step = await this.next()) {
      if (this.#bytesOut > maxBytes) {
        this.#destroy();
        throw tooLarge(maxBytes);
      }
      decoded.push(step.value);
    }
    return decoded;
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#isEnded = true;
    this.#failure = undefined;
    this.#destroy();
    await this.#raw.cancel(reason);
  }

  onClose(listener: () => void): void {
    this.#raw.onClose(listener);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cancel();
  }

  async #read(): Promise<Read> {
    try {
      return await this.#readOn();
    } catch (error) {
      // What a decoder throws is a bad body; what the wire throws, or the caller aborts with, is not.
      const isBadBody = error === this.#failure?.error;
      const failure = isBadBody ? decodeError('it is cut or corrupt', error) : error;
      this.#isEnded = true;
      this.#destroy();
      await this.#raw.cancel();
      throw failure;
    }
  }

  async #readOn(): Promise<Read> {
    if (this.#chain.length > LONGEST_CHAIN) {
      throw decodeError(`it is coded ${this.#chain.length} times, more than ${LONGEST_CHAIN}`);
    }
    while (!this.#isEnded) {
      const chunk: unknown = this.#decoders.at(-1)?.read() ?? null;
      if (chunk instanceof Uint8Array) return { done: false, value: this.#count(chunk) };
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#isEnded) break;
      // oxlint-disable-next-line no-await-in-loop -- each step needs the one before
      if (this.#isWriting || this.#isInputOver) await this.#change();
      // oxlint-disable-next-line no-await-in-loop -- each step needs the one before
      else await this.#feed();
    }
    return END;
  }

  async #feed(): Promise<void> {
    const step = await this.#pull!();
    if (this.#isEnded) return;
    if (step.done === true) {
      this.#isInputOver = true;
      // An answer to HEAD, a 204 or a 304 tells of a coding and has no body.
      if (this.#decoders.length === 0) this.#isEnded = true;
      else this.#decoders[0]!.end();
      return;
    }
    const chunk = step.value;
    this.#bytesIn += chunk.byteLength;
    if (chunk.byteLength === 0) return;
    if (this.#decoders.length === 0) this.#create(chunk);
    this.#isWriting = true;
    this.#decoders[0]!.write(chunk, () => {
      this.#isWriting = false;
      this.#wakeUp();
    });
  }

  #create(first: Uint8Array): void {
    const wakeUp = (): void => this.#wakeUp();
    for (const coding of this.#chain) {
      const decoder = coding.create(this.#decoders.length === 0 ? first : undefined);
      decoder.on('error', (error) => {
        this.#failure ??= { error };
        this.#wakeUp();
      });
      this.#decoders.at(-1)?.pipe(decoder);
      this.#decoders.push(decoder);
    }
    this.#decoders
      .at(-1)!
      .on('readable', wakeUp)
      .on('end', () => {
        this.#isEnded = true;
        this.#wakeUp();
      });
  }

  #count(chunk: Uint8Array): Uint8Array {
    this.#bytesOut += chunk.byteLength;
    if (this.#bytesOut > FREE_BYTES && this.#bytesOut > this.#bytesIn * HIGHEST_RATIO) {
      throw bomb();
    }
    return chunk;
  }

  #decodeAtOnce(chunks: readonly Uint8Array[], bytes: number, maxBytes: number): Uint8Array {
    const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes);
    const most = Math.max(FREE_BYTES, bytes * HIGHEST_RATIO);
    try {
      return this.#chain[0]!.decode(whole, Math.max(1, Math.min(maxBytes, most)));
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') {
        throw decodeError('it is cut or corrupt', error);
      }
      throw maxBytes < most ? tooLarge(maxBytes) : bomb();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #destroy(): void {
    for (const decoder of this.#decoders) decoder.destroy();
    this.#wakeUp();
  }
}

function decodeError(state: string, cause?: unknown): DeserializationError {
  return new DeserializationError(`Cannot decode the body: ${state}`, { cause });
}

function tooLarge(maxBytes: number): MessageTooLargeError {
  return new MessageTooLargeError(`Cannot collect the body: it has more than ${maxBytes} bytes`);
}

function bomb(): MessageTooLargeError {
  return new MessageTooLargeError(
    `Cannot decode the body: it is more than ${HIGHEST_RATIO} times as large as what was sent`,
    { code: 'body_too_large' },
  );
}
