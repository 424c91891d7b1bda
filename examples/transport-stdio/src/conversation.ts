import { LinkspanError, type Payload } from '@linkspan/core';
import type { Child } from './child.ts';
import { exitFailure, payloadFailure } from './errors.ts';
import { messageLine } from './json-rpc.ts';
import { lines } from './lines.ts';

type StreamedPayload = Extract<Payload, { readonly kind: 'factory' | 'stream' }>;

const encoder = new TextEncoder();

/**
 * A process of its own for one call: a payload that is a stream goes in, one message a line, and what
 * the process writes comes back, one line a chunk. A slow reader slows the process, and a slow
 * process the payload. It is whole when the process exits with 0.
 */
export class Conversation {
  readonly #child: Child;
  readonly #maxMessageBytes: number;
  readonly #source = Promise.withResolvers<AsyncIterator<unknown>>();
  readonly #failure = Promise.withResolvers<never>();
  #hasSpoken = false;
  #isOver = false;

  constructor(child: Child, payload: StreamedPayload, maxMessageBytes: number) {
    this.#child = child;
    this.#maxMessageBytes = maxMessageBytes;
    this.#failure.promise.catch(() => {});
    void this.#write(payload);
  }

  /** What the process says. */
  async *messages(): AsyncGenerator<Uint8Array, undefined> {
    for await (const line of lines(this.#failing(), this.#maxMessageBytes)) {
      this.#hasSpoken = true;
      yield encoder.encode(`${line}\n`);
    }
    const exit = await Promise.race([this.#failure.promise, this.#child.exit]);
    if (exit.code !== 0) throw exitFailure(exit, this.#hasSpoken ? 'body' : 'headers');
  }

  /** Leaves the payload, and ends the process unless it has ended. */
  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#child.kill();
    this.#source.promise
      .then((source) => source.return?.())
      // A payload that fails now has nobody left to tell.
      .catch(() => {});
  }

  /** The output, which a payload that broke off ends with its failure. */
  async *#failing(): AsyncGenerator<Uint8Array, undefined> {
    try {
      yield* this.#child.output;
    } catch (error) {
      // A pipe that was destroyed says no more than that the process has ended.
      if (error instanceof LinkspanError) throw error;
    }
  }

  async #write(payload: StreamedPayload): Promise<void> {
    try {
      const stream = payload.kind === 'factory' ? await payload.open() : payload.stream;
      const source = stream[Symbol.asyncIterator]();
      this.#source.resolve(source);
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- one message after another
        const step = await source.next();
        if (this.#isOver) return;
        if (step.done === true) break;
        // oxlint-disable-next-line no-await-in-loop -- as above
        if (!(await this.#child.write(messageLine(step.value)))) return;
      }
      this.#child.endInput();
    } catch (cause) {
      // Ended, and not closed: it must not take what came for the whole.
      this.#failure.reject(cause instanceof LinkspanError ? cause : payloadFailure(cause));
      this.#child.kill();
    }
  }
}
