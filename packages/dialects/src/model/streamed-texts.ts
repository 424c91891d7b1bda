import type { ProtocolError } from '@linkspan/core';
import { tooMany } from './too-many.ts';

/** More texts than the longest run of an agent has. */
const MAX_TEXTS = 16_384;

/**
 * Puts together the texts of one answer, several of which may be under way at the same time: each
 * piece belongs to the text of its id, whatever a peer calls an id.
 */
export class StreamedTexts {
  readonly #what: string;
  readonly #texts: { text: string }[] = [];
  readonly #byId = new Map<unknown, { text: string }>();

  /** @param what - what these texts are called in a failure: `'messages'` */
  constructor(what: string) {
    this.#what = what;
  }

  /** How many have begun. */
  get count(): number {
    return this.#texts.length;
  }

  /** All of them, in the order in which they began. */
  get text(): string {
    return this.#texts.map(({ text }) => text).join('');
  }

  /** Begins a text, to which the pieces of this id belong from now on. */
  begin(id: unknown): ProtocolError | undefined {
    if (this.#texts.length === MAX_TEXTS) return tooMany(this.#what, MAX_TEXTS);
    const text = { text: '' };
    this.#texts.push(text);
    this.#byId.set(id, text);
    return undefined;
  }

  /** Adds a piece to the text of this id, and begins that text if nobody has. */
  add(id: unknown, piece: string): ProtocolError | undefined {
    const failure = this.#byId.has(id) ? undefined : this.begin(id);
    const text = this.#byId.get(id);
    if (text !== undefined) text.text += piece;
    return failure;
  }

  /** Forgets those behind the first `count`. */
  keep(count: number): void {
    this.#texts.length = Math.min(count, this.#texts.length);
    this.#byId.clear();
  }
}
