import { brokenConnection, protocolFailure, refusal } from './errors.ts';

const LINE_END = '\r\n';
/** The longest head, and the longest text of a refusal, in bytes. */
const LONGEST_TEXT = 4096;

/**
 * Reads an answer of Gopher+ from the bytes of a connection: `+5340` and a line end, then 5340 bytes;
 * `+-1`, then a text whose last line is a dot; or `--1`, then such a text that says what was refused.
 *
 * Gopher+ (Anklesaria and others, University of Minnesota, 1993), section 2.3.
 */
export class GopherAnswer {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Reads the head, and gives the body that follows it. */
  async body(): Promise<AsyncIterable<Uint8Array>> {
    const head = await this.#head();
    if (/^\+\d{1,15}$/.test(head)) return this.#bytes(Number(head.slice(1)));
    if (head === '+-1') return this.#text();
    if (head === '--1') throw refusal(await this.#shortText());
    // +-2 says: until the connection closes. Nobody could tell its end from a cut.
    if (head === '+-2') throw protocolFailure('nothing would show that it is whole');
    throw protocolFailure('it does not begin as Gopher+ does');
  }

  async #head(): Promise<string> {
    let end = this.#held.indexOf(LINE_END);
    for (; end === -1; end = this.#held.indexOf(LINE_END)) {
      if (this.#held.length > LONGEST_TEXT) throw protocolFailure('its first line has no end');
      // oxlint-disable-next-line no-await-in-loop -- chunks come one after another
      await this.#more('headers');
    }
    return this.#take(end + LINE_END.length).toString('latin1', 0, end);
  }

  /** A body whose length was told. */
  async *#bytes(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0;) {
      if (this.#held.length === 0) await this.#more('body');
      const chunk = this.#take(Math.min(left, this.#held.length));
      left -= chunk.length;
      yield chunk;
    }
  }

  /** A text up to a line of one dot. Other lines that begin with a dot were sent with one more. */
  async *#text(): AsyncGenerator<Uint8Array> {
    // As if a line had ended before: the first line may be the last.
    this.#held = Buffer.concat([Buffer.from(LINE_END), this.#held]);
    let notOfTheText = LINE_END.length;
    for (let isOver = false; !isOver;) {
      const dot = this.#held.indexOf(`${LINE_END}.`);
      const isWhole = dot !== -1 && this.#held.length >= dot + 5;
      const lineEnd = isWhole ? dot + LINE_END.length : dot;
      // What may be the beginning of the last line waits for the rest of it.
      const ready = this.#take(dot === -1 ? Math.max(0, this.#held.length - 2) : lineEnd);
      const chunk = ready.subarray(notOfTheText);
      notOfTheText = Math.max(0, notOfTheText - ready.length);
      if (chunk.length > 0) yield chunk;
      if (!isWhole) await this.#more('body');
      else if (this.#begins(`.${LINE_END}`)) isOver = true;
      else if (this.#begins('..')) this.#take(1);
    }
  }

  async #shortText(): Promise<string> {
    let text = '';
    for await (const chunk of this.#text()) {
      text += Buffer.from(chunk).toString('latin1');
      if (text.length > LONGEST_TEXT) break;
    }
    return text;
  }

  #begins(text: string): boolean {
    return this.#held.toString('latin1', 0, text.length) === text;
  }

  #take(length: number): Buffer {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }

  /** Waits for more bytes: here, and nowhere else, a slow reader slows the server. */
  async #more(phase: 'headers' | 'body'): Promise<void> {
    const { done, value } = await this.#source.next().catch((cause: unknown) => {
      throw brokenConnection(phase, cause);
    });
    if (done === true) throw brokenConnection(phase);
    this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value]);
  }
}
