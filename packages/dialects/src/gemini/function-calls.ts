import { ProtocolError } from '@linkspan/core';
import type { ToolCall } from '../model/chat-result.ts';
import { MAX_PARTS, tooMany } from '../model/too-many.ts';
import { isObject, isText } from '../model/typed-event.ts';
import { PartialArgs } from './partial-args.ts';

interface Call {
  readonly id: string;
  readonly name: string;
  /** The arguments, where they came whole. */
  args: string | undefined;
  readonly partial: PartialArgs;
}

/** Puts the calls of functions together. Most come whole; some in pieces, one after the other. */
export class FunctionCalls {
  readonly #calls: Call[] = [];
  /** The call that goes on. */
  #open: Call | undefined;

  /** Takes a call, or a piece of one. Gives the failure when it cannot be placed. */
  add(given: unknown): ProtocolError | undefined {
    if (!isObject(given)) return undefined;
    const { id, name, args, partialArgs, willContinue } = given;
    const pieces = Array.isArray(partialArgs) ? partialArgs : [];
    if (isText(name)) {
      if (this.#calls.length === MAX_PARTS) return tooMany('tool calls');
      const partial = new PartialArgs();
      this.#open = { id: isText(id) ? id : '', name, args: undefined, partial };
      this.#calls.push(this.#open);
    }
    const call = this.#open;
    if (call === undefined) return pieces.length > 0 ? lostStart() : undefined;
    if (isObject(args)) call.args = JSON.stringify(args);
    for (const piece of pieces) {
      const failure = call.partial.add(piece);
      if (failure !== undefined) return failure;
    }
    if (willContinue !== true) this.#open = undefined;
    return undefined;
  }

  /** The model has finished: no call goes on. */
  finish(): void {
    this.#open = undefined;
  }

  /** The calls so far, in the order in which they began. */
  get list(): readonly ToolCall[] {
    return this.#calls.map((call) => ({
      id: call.id,
      name: call.name,
      arguments: call.args ?? call.partial.text(call !== this.#open),
    }));
  }
}

function lostStart(): ProtocolError {
  return new ProtocolError(
    'Cannot read the stream: it goes on with a tool call whose beginning did not come',
    { code: 'unknown_call', phase: 'body' },
  );
}
