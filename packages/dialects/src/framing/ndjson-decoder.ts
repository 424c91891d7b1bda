import { type DecodeLimits, type FrameDecoder, LinkspanError } from '@linkspan/core';
import { type NdjsonSettings, parseNdjsonSettings } from './decode-limits.ts';
import { LineBlocks, tooLarge } from './line-blocks.ts';
import { MalformedEvent } from './malformed-event.ts';
import { parseJson } from '../model/parse-json.ts';

/** What a decoder of NDJSON accepts. A line is an event: the smaller of their limits holds. */
export interface NdjsonDecoderOptions extends DecodeLimits {
  /**
   * What a line that is not JSON does: it fails the stream, or it is a {@link MalformedEvent} among
   * the values. The last line, when nothing ends it, was cut: it always fails.
   *
   * @default 'fail'
   */
  readonly malformed?: 'fail' | 'event';
}

/**
 * Makes a decoder of newline-delimited JSON: one value a line, lines ended by LF, CR or CRLF, blank
 * lines skipped, the last line also without its end. It is fed bytes in any split and does no I/O.
 *
 * `push` and `end` throw DeserializationError for a line that is not JSON, with its number, and
 * MessageTooLargeError for one above `maxLineBytes` (1 MiB) or `maxEventBytes` (16 MiB), or when all
 * the bytes are above `maxStreamBytes` (no limit). Values before are given first, and the next call
 * throws.
 *
 * @throws ConfigurationError when an option is not what it should be.
 */
export function createNdjsonDecoder(options?: NdjsonDecoderOptions): FrameDecoder<unknown> {
  return new LineDecoder(parseNdjsonSettings('createNdjsonDecoder()', options));
}

class LineDecoder implements FrameDecoder<unknown> {
  failure: LinkspanError | undefined;
  readonly #blocks: LineBlocks;
  readonly #maxBytes: number;
  readonly #limit: 'maxLineBytes' | 'maxEventBytes';
  #keepsMalformed: boolean;
  #line = 0;
  #values: unknown[] = [];

  constructor(settings: NdjsonSettings) {
    const { maxLineBytes, maxEventBytes, malformed } = settings;
    this.#keepsMalformed = malformed === 'event';
    this.#limit = maxEventBytes < maxLineBytes ? 'maxEventBytes' : 'maxLineBytes';
    this.#maxBytes = settings[this.#limit];
    this.#blocks = new LineBlocks(settings, this.#limit);
  }

  push(bytes: Uint8Array): unknown[] {
    return this.#decode(() => this.#blocks.push(bytes, this.#readBlock));
  }

  end(): unknown[] {
    return this.#decode(() => {
      const rest = this.#blocks.end();
      this.#keepsMalformed = false;
      if (rest !== '') this.#readBlock(`${rest}\n`);
    });
  }

  #decode(read: () => void): unknown[] {
    if (this.failure !== undefined) throw this.failure;
    const values: unknown[] = [];
    this.#values = values;
    read();
    this.#values = [];
    this.failure ??= this.#blocks.failure;
    if (this.failure !== undefined && values.length === 0) throw this.failure;
    return values;
  }

  readonly #readBlock = (text: string): void => {
    const isLong = this.#blocks.blockBytes > this.#maxBytes;
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      if (this.failure !== undefined) return;
      this.#line += 1;
      if (isLong && this.#blocks.lengthOf(text, start, end) > this.#maxBytes) {
        this.failure = tooLarge('line', this.#limit, this.#maxBytes);
        return;
      }
      this.#readLine(text.slice(start, end));
      start = end + 1;
    }
  };

  #readLine(line: string): void {
    if (line.trim() === '') return;
    try {
      this.#values.push(parseJson(line, `line ${this.#line}`));
    } catch (error) {
      if (!(error instanceof LinkspanError)) throw error;
      if (this.#keepsMalformed) this.#values.push(new MalformedEvent(line, error));
      else this.failure = error;
    }
  }
}
