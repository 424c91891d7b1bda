import type { DecodeLimits, FrameDecoder, LinkspanError } from '@linkspan/core';
import { parseSseSettings, type SseSettings } from './decode-limits.ts';
import { LineBlocks, tooLarge } from './line-blocks.ts';

/** One server-sent event. */
export interface SseEvent {
  /** The `event` field; `'message'` when there is none. */
  readonly type: string;
  /** The `data` lines, joined by LF. */
  readonly data: string;
  /** The last event id at the time of this event; `''` when there is none. */
  readonly id: string;
}

/** What a decoder of server-sent events accepts. */
export interface SseDecoderOptions extends DecodeLimits {
  /**
   * Whether `end()` dispatches an event that no blank line has ended. The standard drops it; the
   * SDKs of model providers do not, because some servers leave the last blank line out.
   *
   * @default false
   */
  readonly dispatchIncomplete?: boolean;
}

/** Bytes to server-sent events; see {@link createSseDecoder}. */
export interface SseDecoder extends FrameDecoder<SseEvent> {
  /** The id that a reconnect would send; `''` when there is none. */
  readonly lastEventId: string;
  /**
   * The last `retry` field, in milliseconds, at most 2^31-1, the longest that timers honour. Who
   * reconnects sets narrower limits.
   */
  readonly retryMs: number | undefined;
}

const LF = 10;
const SPACE = 32;
const COLON = 58;
const LONGEST_RETRY_MS = 2 ** 31 - 1;
/** How many lines of one event are kept one by one before they become one text. */
const LINES_PER_TEXT = 1024;

/**
 * Makes a decoder of `text/event-stream`: the WHATWG algorithm (HTML, section 9.2.6) on bytes that
 * are split anywhere. It does no I/O, takes time linear in the bytes, and holds no more than a line
 * and an event.
 *
 * `push` and `end` throw MessageTooLargeError when a line is longer than `maxLineBytes` (1 MiB), the
 * data of an event than `maxEventBytes` (16 MiB), or all the bytes than `maxStreamBytes` (no limit).
 * Events that were complete before are given first, and the next call throws.
 *
 * @throws ConfigurationError when an option is not what it should be.
 *
 * @example
 * const decoder = createSseDecoder();
 * for await (const bytes of response.body) {
 *   for (const { type, data, id } of decoder.push(bytes)) console.log(type, data, id);
 * }
 */
export function createSseDecoder(options?: SseDecoderOptions): SseDecoder {
  return new EventDecoder(options === undefined ? usual : readOptions(options));
}

/**
 * Makes the decoder of providers and agents, some of whose servers leave out the blank line behind
 * the last event.
 */
export function createLenientSseDecoder(limits: DecodeLimits | undefined): SseDecoder {
  return new EventDecoder(
    limits === undefined ? lenient : readOptions({ ...limits, dispatchIncomplete: true }),
  );
}

function readOptions(options: SseDecoderOptions | undefined): SseSettings {
  return parseSseSettings('createSseDecoder()', options);
}

/** The settings of a stream that has no limits of its own, as nearly all: they are read once. */
const usual = readOptions(undefined);
const lenient = readOptions({ dispatchIncomplete: true });

/**
 * The decoder itself, for dialects whose peers write something between the events.
 *
 * @param readForeign takes each line that is no field of an event; it may make an event of them
 */
export class EventDecoder implements SseDecoder {
  lastEventId = '';
  retryMs: number | undefined;
  failure: LinkspanError | undefined;
  readonly #settings: SseSettings;
  readonly #blocks: LineBlocks;
  readonly #readForeign: ((line: string) => SseEvent | undefined) | undefined;
  /** The fields of the event that is not dispatched yet. */
  #type = '';
  #id = '';
  #data: string | undefined;
  /** The lines before `#data`, when there are several, joined now and then. */
  #lines: string[] = [];
  #texts: string[] = [];
  #dataBytes = 0;
  /** What the bytes at hand have given. */
  #events: SseEvent[] | undefined;

  constructor(settings: SseSettings, readForeign?: (line: string) => SseEvent | undefined) {
    this.#settings = settings;
    this.#blocks = new LineBlocks(settings);
    this.#readForeign = readForeign;
  }

  push(bytes: Uint8Array): SseEvent[] {
    if (this.failure !== undefined) throw this.failure;
    this.#blocks.push(bytes, this.#readBlock);
    this.failure ??= this.#blocks.failure;
    if (this.failure !== undefined && this.#events === undefined) throw this.failure;
    return this.#takeEvents();
  }

  end(): SseEvent[] {
    if (this.failure !== undefined) throw this.failure;
    const rest = this.#blocks.end();
    if (this.#settings.dispatchIncomplete) {
      this.#readBlock(`${rest}\n\n`);
      if (this.failure !== undefined) throw this.failure;
    }
    this.#reset();
    return this.#takeEvents();
  }

  /** A chunk of a paced stream has one event: the first makes an array of its own size. */
  #add(event: SseEvent): void {
    if (this.#events === undefined) this.#events = [event];
    else this.#events.push(event);
  }

  #takeEvents(): SseEvent[] {
    const events = this.#events ?? [];
    this.#events = undefined;
    return events;
  }

  readonly #readBlock = (text: string): void => {
    if (this.failure !== undefined) return;
    const isLong = this.#blocks.blockBytes > this.#settings.maxLineBytes;
    const mayBeLarge = this.#blocks.blockBytes > this.#settings.maxEventBytes;
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      if (end === start) {
        this.#dispatch();
      } else if (isLong && this.#blocks.lengthOf(text, start, end) > this.#settings.maxLineBytes) {
        this.failure = tooLarge('line', 'maxLineBytes', this.#settings.maxLineBytes);
      } else if (isData(text, start)) {
        const valueStart = text.charCodeAt(start + 5) === SPACE ? start + 6 : start + 5;
        if (this.#data === undefined && !mayBeLarge && text.charCodeAt(end + 1) === LF) {
          // What nearly every event is: one line of data and the blank line.
          this.lastEventId = this.#id;
          const type = this.#type === '' ? 'message' : this.#type;
          this.#add({ type, data: text.slice(valueStart, end), id: this.#id });
          this.#type = '';
          end += 1;
        } else {
          this.#addData(text, valueStart, end);
        }
      } else {
        this.#readField(text, start, end);
      }
      if (this.failure !== undefined) return this.#reset();
      start = end + 1;
    }
  };

  #readField(text: string, start: number, end: number): void {
    if (text.charCodeAt(start) === COLON) return;
    const colon = text.indexOf(':', start);
    const nameEnd = colon === -1 || colon > end ? end : colon;
    const name = text.slice(start, nameEnd);
    let valueStart = Math.min(nameEnd + 1, end);
    if (valueStart < end && text.charCodeAt(valueStart) === SPACE) valueStart += 1;
    if (name === 'data') {
      this.#addData(text, valueStart, end);
    } else if (name === 'event') {
      this.#type = text.slice(valueStart, end);
    } else if (name === 'id') {
      const id = text.slice(valueStart, end);
      if (!id.includes('\0')) this.#id = id;
    } else if (name === 'retry') {
      const value = text.slice(valueStart, end);
      if (/^[0-9]+$/.test(value)) this.retryMs = Math.min(Number(value), LONGEST_RETRY_MS);
    } else {
      const event = this.#readForeign?.(text.slice(start, end));
      if (event !== undefined) this.#add(event);
    }
  }

  #addData(text: string, start: number, end: number): void {
    this.#dataBytes += this.#blocks.lengthOf(text, start, end);
    if (this.#data !== undefined) {
      this.#dataBytes += 1;
      this.#lines.push(this.#data);
      if (this.#lines.length === LINES_PER_TEXT) {
        this.#texts.push(this.#lines.join('\n'));
        this.#lines = [];
      }
    }
    this.#data = text.slice(start, end);
    if (this.#dataBytes > this.#settings.maxEventBytes) {
      this.failure = tooLarge('event', 'maxEventBytes', this.#settings.maxEventBytes);
    }
  }

  #dispatch(): void {
    this.lastEventId = this.#id;
    if (this.#data !== undefined) {
      const isOneLine = this.#lines.length === 0 && this.#texts.length === 0;
      const data = isOneLine ? this.#data : [...this.#texts, ...this.#lines, this.#data].join('\n');
      this.#add({ type: this.#type === '' ? 'message' : this.#type, data, id: this.#id });
    }
    this.#reset();
  }

  #reset(): void {
    this.#type = '';
    this.#data = undefined;
    this.#dataBytes = 0;
    if (this.#lines.length > 0 || this.#texts.length > 0) {
      this.#lines = [];
      this.#texts = [];
    }
  }
}

function isData(text: string, start: number): boolean {
  return (
    text.charCodeAt(start) === 100 &&
    text.charCodeAt(start + 1) === 97 &&
    text.charCodeAt(start + 2) === 116 &&
    text.charCodeAt(start + 3) === 97 &&
    text.charCodeAt(start + 4) === COLON
  );
}
