import type { DecodeLimits, FrameDecoder, LinkspanError } from '@linkspan/core';
import { type Limits, parseLimits } from '../framing/decode-limits.ts';
import { LineBlocks, tooLarge } from '../framing/line-blocks.ts';

/** One frame of Synapse's wrapper. */
export interface SynapseFrame {
  readonly kind: 'text' | 'error';
  readonly text: string;
}

/**
 * Makes a decoder of what Synapse's pydantic-ai wrapper sends: `data: <text>` and `error: <text>`,
 * each with a blank line behind it, where the text is written as it is, line breaks included.
 *
 * A decoder of server-sent events would drop `error:`, which is no field of theirs, and every line
 * behind a line break. Here a line that is neither goes on the text before it, and so does a blank
 * line that ends no frame: what the server wrote comes back whole, as soon as it is there.
 */
export function createSynapseDecoder(options?: DecodeLimits): FrameDecoder<SynapseFrame> {
  return new SynapseDecoder(parseLimits('createSynapseDecoder()', options));
}

class SynapseDecoder implements FrameDecoder<SynapseFrame> {
  failure: LinkspanError | undefined;
  readonly #limits: Limits;
  readonly #blocks: LineBlocks;
  /** The frame that no blank line has ended. */
  #kind: SynapseFrame['kind'] | undefined;
  #lines: string[] = [];
  #bytes = 0;
  /** Whether a text came right before: a line that begins nothing was part of it. */
  #isAfterText = false;
  #frames: SynapseFrame[] = [];

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#blocks = new LineBlocks(limits);
  }

  push(bytes: Uint8Array): SynapseFrame[] {
    return this.#decode(() => this.#blocks.push(bytes, this.#readBlock));
  }

  end(): SynapseFrame[] {
    return this.#decode(() => {
      const rest = this.#blocks.end();
      if (rest !== '') this.#readBlock(`${rest}\n`);
      if (this.#kind !== undefined) this.#endFrame();
    });
  }

  #decode(read: () => void): SynapseFrame[] {
    if (this.failure !== undefined) throw this.failure;
    const frames: SynapseFrame[] = [];
    this.#frames = frames;
    read();
    this.failure ??= this.#blocks.failure;
    if (this.failure !== undefined && frames.length === 0) throw this.failure;
    return frames;
  }

  readonly #readBlock = (block: string): void => {
    let start = 0;
    for (let end = block.indexOf('\n'); end !== -1; end = block.indexOf('\n', start)) {
      if (this.failure !== undefined) return;
      const bytes = this.#blocks.lengthOf(block, start, end);
      this.#bytes += bytes + 1;
      if (bytes > this.#limits.maxLineBytes) {
        this.failure = tooLarge('line', 'maxLineBytes', this.#limits.maxLineBytes);
      } else if (this.#bytes > this.#limits.maxEventBytes) {
        this.failure = tooLarge('event', 'maxEventBytes', this.#limits.maxEventBytes);
      } else {
        this.#readLine(block.slice(start, end));
      }
      start = end + 1;
    }
  };

  #readLine(line: string): void {
    const field = /^(data|error): ?/.exec(line);
    if (this.#kind !== undefined) {
      if (line === '') this.#endFrame();
      else this.#lines.push(field?.[1] === 'data' ? line.slice(field[0].length) : line);
    } else if (field !== null) {
      this.#begin(field[1] === 'error' ? 'error' : 'text', [line.slice(field[0].length)]);
    } else if (line.startsWith(':')) {
      this.#isAfterText = false;
    } else if (this.#isAfterText) {
      if (line === '') this.#frames.push({ kind: 'text', text: '\n' });
      else this.#begin('text', ['', '', line]);
    }
  }

  #begin(kind: SynapseFrame['kind'], lines: string[]): void {
    this.#kind = kind;
    this.#lines = lines;
  }

  #endFrame(): void {
    const kind = this.#kind ?? 'text';
    this.#frames.push({ kind, text: this.#lines.join('\n') });
    this.#isAfterText = kind === 'text';
    this.#kind = undefined;
    this.#bytes = 0;
  }
}
