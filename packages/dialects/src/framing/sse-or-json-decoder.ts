import type { DecodeLimits, FrameDecoder, MessageTooLargeError, StreamHead } from '@linkspan/core';
import { parseLimits } from './decode-limits.ts';
import { tooLarge } from './line-blocks.ts';
import { createSseDecoder, type SseEvent } from './sse-decoder.ts';

/**
 * Makes the decoder of an answer that is a stream of server-sent events, or one JSON document where
 * the peer chose that: the document is then the only event, so that one reader reads both.
 */
export function createSseOrJsonDecoder(
  limits: DecodeLimits | undefined,
  head: StreamHead | undefined,
): FrameDecoder<SseEvent> {
  return isJson(head) ? new JsonBodyDecoder(limits) : createSseDecoder(limits);
}

/** Whether an answer is one JSON document. */
export function isJson(head: StreamHead | undefined): boolean {
  return /[/+]json$/.test(head?.contentType ?? '');
}

/** Gives a whole body as one event, at its end. It is held to the limits of an event and a stream. */
class JsonBodyDecoder implements FrameDecoder<SseEvent> {
  failure: MessageTooLargeError | undefined;
  readonly #limit: 'maxEventBytes' | 'maxStreamBytes';
  readonly #maxBytes: number;
  readonly #utf8 = new TextDecoder();
  readonly #texts: string[] = [];
  #bytes = 0;

  constructor(limits: DecodeLimits | undefined) {
    const settings = parseLimits('createSseOrJsonDecoder()', limits);
    this.#limit =
      settings.maxStreamBytes < settings.maxEventBytes ? 'maxStreamBytes' : 'maxEventBytes';
    this.#maxBytes = settings[this.#limit];
  }

  push(bytes: Uint8Array): SseEvent[] {
    this.#bytes += bytes.length;
    if (this.#bytes > this.#maxBytes) {
      const what = this.#limit === 'maxStreamBytes' ? 'stream' : 'event';
      this.failure ??= tooLarge(what, this.#limit, this.#maxBytes);
    }
    if (this.failure !== undefined) throw this.failure;
    this.#texts.push(this.#utf8.decode(bytes, { stream: true }));
    return [];
  }

  end(): SseEvent[] {
    if (this.failure !== undefined) throw this.failure;
    const data = this.#texts.join('') + this.#utf8.decode();
    return data.trim() === '' ? [] : [{ type: 'message', data, id: '' }];
  }
}
