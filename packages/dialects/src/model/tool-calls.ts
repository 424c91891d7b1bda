import type { ProtocolError } from '@linkspan/core';
import type { ToolCall } from './chat-result.ts';
import { MAX_PARTS, tooMany } from './too-many.ts';

interface Parts {
  id: string;
  name: string;
  arguments: string;
}

/** A piece of a tool call, as a peer sent it: nothing of it can be relied on. */
export interface ToolCallFragment {
  readonly index?: unknown;
  readonly id?: unknown;
  readonly function?: { readonly name?: unknown; readonly arguments?: unknown } | null;
}

/**
 * Puts tool calls together from their fragments. Fragments belong together by `index`; where a peer
 * leaves it out, or gives several calls the same one, a new `id` begins a new call.
 */
export class ToolCalls {
  readonly #calls: Parts[] = [];
  /** By what the peer calls an index, whatever that is: it is a key here, never a position. */
  readonly #byIndex = new Map<unknown, Parts>();
  #last: Parts | undefined;

  /** Takes a fragment. Gives the failure when there are too many calls. */
  add({ index, id, function: part }: ToolCallFragment): ProtocolError | undefined {
    const name = textOf(part?.name);
    let call = index === undefined || index === null ? this.#last : this.#byIndex.get(index);
    const isOther = call !== undefined && call.id !== '' && textOf(id) !== '' && id !== call.id;
    if (call === undefined || isOther) {
      if (this.#calls.length === MAX_PARTS) return tooMany('tool calls');
      call = { id: '', name: '', arguments: '' };
      this.#calls.push(call);
      this.#byIndex.set(index, call);
    }
    this.#last = call;
    if (call.id === '') call.id = textOf(id);
    // Some peers repeat the name in every fragment.
    if (name !== call.name) call.name += name;
    call.arguments += argumentsOf(part?.arguments);
    return undefined;
  }

  /** The calls so far, in the order in which they began. */
  get list(): readonly ToolCall[] {
    return this.#calls.map((call) => ({ ...call }));
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Some peers send the arguments as an object. */
function argumentsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : '';
}
