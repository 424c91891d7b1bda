import { type Body, type CloseReason, MessageTooLargeError } from '@linkspan/core';

/** How a body ended, before its secrets are taken out. */
export type BodyEnd =
  | { readonly how: 'complete' | 'left' }
  | { readonly how: 'failed'; readonly error: unknown };

/** A chunk, and when it came. */
export interface TapedChunk {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** What a tape is told by. */
export interface BodyTapeOptions {
  readonly maxBodyBytes: number;
  readonly now: () => number;
  /** Whether an error is the will of the caller, and no failure. */
  readonly isLeft: (error: unknown) => boolean;
}

const END = { done: true, value: undefined } as const;

/**
 * Listens to a body on its way to its reader, and keeps up to `maxBodyBytes` of it. It asks for
 * nothing by itself: a chunk is read when the reader reads it.
 */
export class BodyTape {
  readonly chunks: TapedChunk[] = [];
  truncated = false;
  readonly #options: BodyTapeOptions;
  #size = 0;
  #end: BodyEnd | undefined;

  constructor(options: BodyTapeOptions) {
    this.#options = options;
  }

  /** How it ended; `left` while it has not. */
  get end(): BodyEnd {
    return this.#end ?? { how: 'left' };
  }

  listen(body: Body): Body {
    return new TapedBody(body, this);
  }

  keep(chunk: Uint8Array): void {
    const { maxBodyBytes, now } = this.#options;
    const room = maxBodyBytes - this.#size;
    if (chunk.byteLength > room) this.truncated = true;
    // A copy: its reader may change it.
    const bytes = Uint8Array.prototype.slice.call(chunk, 0, room);
    if (bytes.byteLength === 0 && chunk.byteLength > 0) return;
    this.#size += bytes.byteLength;
    this.chunks.push({ bytes, at: now() });
  }

  /** The first end counts. */
  finish(end: BodyEnd): void {
    this.#end ??= end;
  }

  fail(error: unknown): void {
    this.finish(this.#options.isLeft(error) ? { how: 'left' } : { how: 'failed', error });
  }
}

class TapedBody implements Body {
  readonly #body: Body;
  readonly #tape: BodyTape;

  constructor(body: Body, tape: BodyTape) {
    this.#body = body;
    this.#tape = tape;
    let isOver = false;
    body.onClose(() => {
      isOver = true;
    });
    // A body that is over before it was read is empty.
    if (isOver) tape.finish({ how: 'complete' });
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, CloseReason | undefined> {
    const source = this.#body[Symbol.asyncIterator]();
    const tape = this.#tape;
    return {
      async next() {
        try {
          const step = await source.next();
          if (step.done === true) tape.finish({ how: 'complete' });
          else tape.keep(step.value);
          return step;
        } catch (error) {
          tape.fail(error);
          throw error;
        }
      },
      async return() {
        tape.finish({ how: 'left' });
        await source.return?.();
        return END;
      },
    };
  }

  async collect(options: { readonly maxBytes?: number } = {}): Promise<readonly Uint8Array[]> {
    const { maxBytes = Infinity } = options;
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this) {
      size += chunk.byteLength;
      if (size > maxBytes) {
        throw new MessageTooLargeError(
          `Cannot collect the body: it has more than ${maxBytes} bytes`,
        );
      }
      chunks.push(chunk);
    }
    return chunks;
  }

  async cancel(reason?: unknown): Promise<void> {
    this.#tape.finish({ how: 'left' });
    await this.#body.cancel(reason);
  }

  onClose(listener: () => void): void {
    this.#body.onClose(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel();
  }
}
