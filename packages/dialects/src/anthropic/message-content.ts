import { ProtocolError } from '@linkspan/core';
import type { ToolCall } from '../model/chat-result.ts';
import { MAX_PARTS, tooMany } from '../model/too-many.ts';
import { isObject, isText } from '../model/typed-event.ts';

interface Block {
  readonly type: unknown;
  readonly id: string;
  readonly name: string;
  /** What the block had of it at its start. */
  readonly input: unknown;
  /** What came in pieces. */
  json: string;
  isWhole: boolean;
}

/** Puts the content of a message together from the events of its blocks. */
export class MessageContent {
  text = '';
  reasoning = '';
  readonly #blocks: Block[] = [];
  /** By what the peer calls an index, whatever that is. */
  readonly #byIndex = new Map<unknown, Block>();

  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  /** A block begins. Gives the failure when there are too many. */
  start(index: unknown, given: unknown): ProtocolError | undefined {
    const { type, id, name, input, text, thinking } = isObject(given) ? given : {};
    const known = this.#byIndex.get(index);
    // A peer that says it twice begins nothing new.
    if (known !== undefined && isText(id) && known.id === id) return undefined;
    if (this.#blocks.length === MAX_PARTS) return tooMany('content blocks');
    const block = { type, id: orEmpty(id), name: orEmpty(name), input, json: '', isWhole: false };
    this.#blocks.push(block);
    this.#byIndex.set(index, block);
    this.text += orEmpty(text);
    this.reasoning += orEmpty(thinking);
    return undefined;
  }

  /** A piece of a block. Gives the failure when it is of a call whose beginning was lost. */
  add(index: unknown, delta: unknown): ProtocolError | undefined {
    if (!isObject(delta)) return undefined;
    if (delta['type'] === 'text_delta') {
      this.text += orEmpty(delta['text']);
    } else if (delta['type'] === 'thinking_delta') {
      this.reasoning += orEmpty(delta['thinking']);
    } else if (delta['type'] === 'input_json_delta') {
      const block = this.#byIndex.get(index);
      if (block === undefined) return lostStart();
      block.json += orEmpty(delta['partial_json']);
    }
    return undefined;
  }

  /** A block is whole. */
  stop(index: unknown): void {
    const block = this.#byIndex.get(index);
    if (block !== undefined) block.isWhole = true;
  }

  /** The calls of these types so far, in the order in which they began. */
  calls(...types: readonly string[]): ToolCall[] {
    return this.#blocks
      .filter(({ type }) => types.includes(type as string))
      .map((block) => ({ id: block.id, name: block.name, arguments: argumentsOf(block) }));
  }
}

/** A call without pieces has its input from the start; until it is whole, an empty one says nothing. */
function argumentsOf({ json, input, isWhole }: Block): string {
  if (json !== '') return json;
  const isGiven = isObject(input) && Object.keys(input).length > 0;
  if (isGiven) return JSON.stringify(input);
  return isWhole ? '{}' : '';
}

function orEmpty(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function lostStart(): ProtocolError {
  return new ProtocolError(
    'Cannot read the stream: it goes on with a tool call whose beginning did not come',
    { code: 'unknown_block', phase: 'body' },
  );
}
