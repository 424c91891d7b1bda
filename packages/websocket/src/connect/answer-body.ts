import type { IncomingMessage } from 'node:http';
import { toFailure } from '../errors.ts';

/** The body of an answer that refuses an upgrade. Its connection is not used again. */
export class AnswerBody implements AsyncIterable<Uint8Array> {
  readonly #response: IncomingMessage;
  readonly #peer: string;

  constructor(response: IncomingMessage, peer: string) {
    this.#response = response;
    this.#peer = peer;
    // Also where nobody reads: `next()` tells it, if somebody does.
    response.on('error', () => {});
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    const chunks = this.#response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
    return {
      next: async () => {
        try {
          const read = await chunks.next();
          if (read.done === true) this.#leave();
          return read;
        } catch (error) {
          this.#leave();
          throw toFailure(error, { peer: this.#peer, phase: 'body', sent: 'yes' });
        }
      },
      return: async () => {
        this.#leave();
        return { done: true, value: undefined };
      },
    };
  }

  #leave(): void {
    this.#response.destroy();
    this.#response.socket?.destroy();
  }
}
