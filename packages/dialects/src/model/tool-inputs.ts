import type { ProtocolError } from '@linkspan/core';
import type { ToolCall } from './chat-result.ts';
import { tooMany } from './too-many.ts';
import { isText } from './typed-event.ts';

/** More calls than the longest run of an agent makes. */
const MAX_CALLS = 16_384;

interface Input {
  readonly id: string;
  name: string;
  text: string;
}

/** Puts together the tool calls of one answer, whose pieces belong together by the id of the call. */
export class ToolInputs {
  readonly #calls = new Map<unknown, Input>();

  /** How many have begun. */
  get count(): number {
    return this.#calls.size;
  }

  /** The calls so far, in the order in which they began. */
  get list(): readonly ToolCall[] {
    return Array.from(this.#calls.values(), ({ id, name, text }) => ({
      id,
      name,
      arguments: text,
    }));
  }

  /** Takes a call's name, where the peer tells it, and the next piece of its arguments. */
  add(id: unknown, name: unknown, piece = ''): ProtocolError | undefined {
    const call = this.#calls.get(id);
    if (call !== undefined) {
      if (isText(name)) call.name = name;
      call.text += piece;
      return undefined;
    }
    if (this.#calls.size === MAX_CALLS) return tooMany('tool calls', MAX_CALLS);
    this.#calls.set(id, {
      id: isText(id) ? id : '',
      name: isText(name) ? name : '',
      text: piece,
    });
    return undefined;
  }

  /**
   * Takes the whole input of a call. It holds; of two ways to write it, the model's own is kept,
   * since numbers may have lost digits on their way through a parser.
   */
  complete(id: unknown, name: unknown, input: unknown): ProtocolError | undefined {
    const failure = this.add(id, name);
    const call = this.#calls.get(id);
    if (call === undefined || input === undefined) return failure;
    const text = typeof input === 'string' ? input : JSON.stringify(input);
    if (!isSameJson(call.text, text)) call.text = text;
    return failure;
  }

  /** Forgets those behind the first `count`. */
  keep(count: number): void {
    for (const id of [...this.#calls.keys()].slice(count)) this.#calls.delete(id);
  }
}

function isSameJson(text: string, canonical: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === canonical;
  } catch {
    return false; // Cut, or no JSON: what came whole is better.
  }
}
