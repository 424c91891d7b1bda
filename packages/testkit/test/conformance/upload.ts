import type { ClientRequest } from 'node:http';
import { jsonCodec, type LinkspanError, type Payload, SerializationError } from '@linkspan/core';

/** A payload on its way out: read as fast as the wire takes it, and left when its call is over. */
export class Upload {
  readonly #bytes: Uint8Array | undefined;
  readonly #payload: Payload | undefined;
  #source: AsyncIterator<unknown> | undefined;
  #isStopped = false;
  /** Told of a source that fails. */
  onFailure: (error: LinkspanError) => void = () => {};

  constructor(payload: Payload | undefined) {
    this.#payload = payload;
    if (payload?.kind === 'value') this.#bytes = jsonCodec.encode(payload.value);
    else if (payload?.kind === 'bytes') this.#bytes = payload.bytes;
  }

  get headers(): Readonly<Record<string, string>> {
    const payload = this.#payload;
    if (payload === undefined) return {};
    const length =
      this.#bytes?.byteLength ?? ('byteLength' in payload ? payload.byteLength : undefined);
    return length === undefined
      ? { 'transfer-encoding': 'chunked' }
      : { 'content-length': String(length) };
  }

  async pumpInto(wire: ClientRequest): Promise<void> {
    const payload = this.#payload;
    if (payload?.kind !== 'factory' && payload?.kind !== 'stream') {
      wire.end(this.#bytes);
      return;
    }
    wire.flushHeaders();
    try {
      const chunks = payload.kind === 'stream' ? payload.stream : await payload.open();
      this.#source = chunks[Symbol.asyncIterator]();
      for (;;) {
        if (this.#isStopped) {
          this.#return();
          return;
        }
        // oxlint-disable-next-line no-await-in-loop -- one chunk after another
        const read = await this.#source.next();
        if (this.#isStopped) return;
        if (read.done === true) break;
        // oxlint-disable-next-line no-await-in-loop -- as above
        if (!wire.write(read.value)) await roomIn(wire);
      }
      this.#isStopped = true;
      wire.end();
    } catch (cause) {
      if (this.#isStopped) return;
      this.#isStopped = true;
      this.onFailure(
        new SerializationError('Cannot send the payload: its source failed', {
          sent: 'maybe',
          cause,
        }),
      );
    }
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#return();
  }

  #return(): void {
    // A source that fails while it is left has nobody left to tell.
    this.#source?.return?.().catch(() => {});
  }
}

/** Resolves when the wire takes more, or will take nothing any more. */
async function roomIn(wire: ClientRequest): Promise<void> {
  await new Promise<void>((resolve) => {
    const go = (): void => {
      wire.off('drain', go);
      wire.off('close', go);
      resolve();
    };
    wire.on('drain', go);
    wire.on('close', go);
  });
}
