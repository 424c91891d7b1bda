import type { ProtocolError } from '@linkspan/core';
import type { ToolCall } from '../model/chat-result.ts';
import { MAX_PARTS, tooMany } from '../model/too-many.ts';
import { isObject, isText, type TypedEvent } from '../model/typed-event.ts';

interface Item {
  type: string;
  callId: string;
  name: string;
  arguments: string;
  text: string;
  refusal: string;
  /** What the model thought, as it is and in the provider's summary. */
  thought: string;
  summary: string;
  summaryIndex: unknown;
}

/** The field of an item that an event adds to. */
const DELTAS = {
  'response.output_text.delta': 'text',
  'response.refusal.delta': 'refusal',
  'response.reasoning_text.delta': 'thought',
  'response.reasoning_summary_text.delta': 'summary',
  'response.function_call_arguments.delta': 'arguments',
  'response.custom_tool_call_input.delta': 'arguments',
} as const;

const deltas = new Map<string, (typeof DELTAS)[keyof typeof DELTAS]>(Object.entries(DELTAS));

/**
 * Puts the output of a response together from its events. What the end of an item says of it holds
 * over its pieces; servers that send no pieces are taken at their last word.
 */
export class ResponsesOutput {
  /** Whether an item ended before it was whole. */
  hasIncomplete = false;
  /** By what the peer calls an index, whatever that is. */
  #items = new Map<unknown, Item>();

  /** Takes an event. Gives the failure when there are too many items. */
  add(event: TypedEvent): ProtocolError | undefined {
    const field = deltas.get(event.type);
    if (field === undefined && !event.type.startsWith('response.output_item.')) return undefined;
    const index = event['output_index'];
    let item = this.#items.get(index);
    if (item === undefined) {
      if (this.#items.size === MAX_PARTS) return tooMany('output items');
      item = emptyItem();
      this.#items.set(index, item);
    }
    if (field !== undefined) addDelta(item, field, event);
    else this.#fill(item, event['item']);
    return undefined;
  }

  /** Takes the whole output, as the last event has it: what the stream told before holds. */
  finish(output: unknown): void {
    if (!Array.isArray(output)) return;
    for (const item of output) this.#noteStatus(item);
    if (this.text !== '' || this.refusal !== '' || this.toolCalls.length > 0) return;
    this.#items = new Map(
      output.slice(0, MAX_PARTS).map((given, index) => {
        const item = emptyItem();
        this.#fill(item, given);
        return [index, item];
      }),
    );
  }

  get text(): string {
    return this.#join('text');
  }

  get refusal(): string {
    return this.#join('refusal');
  }

  get reasoning(): string {
    return Array.from(this.#items.values(), (item) => item.thought || item.summary).join('');
  }

  get toolCalls(): ToolCall[] {
    return [...this.#items.values()]
      .filter(({ type }) => type === 'function_call' || type === 'custom_tool_call')
      .map((item) => ({ id: item.callId, name: item.name, arguments: item.arguments }));
  }

  #join(field: 'text' | 'refusal'): string {
    return Array.from(this.#items.values(), (item) => item[field]).join('');
  }

  #noteStatus(given: unknown): void {
    if (isObject(given) && given['status'] === 'incomplete') this.hasIncomplete = true;
  }

  #fill(item: Item, given: unknown): void {
    if (!isObject(given)) return;
    this.#noteStatus(given);
    const { type, call_id: callId, id, name, arguments: args, input, content, summary } = given;
    if (isText(type)) item.type = type;
    item.callId = [callId, item.callId, id].find(isText) ?? '';
    if (isText(name)) item.name = name;
    item.arguments = argumentsOf(args) || argumentsOf(input) || item.arguments;
    item.text = textOf(content, 'text', 'output_text', 'text') || item.text;
    item.refusal = textOf(content, 'refusal', 'refusal') || item.refusal;
    item.thought = textOf(content, 'text', 'reasoning_text') || item.thought;
    item.summary = textsOf(summary, 'text', 'summary_text').join('\n\n') || item.summary;
  }
}

function emptyItem(): Item {
  return {
    type: '',
    callId: '',
    name: '',
    arguments: '',
    text: '',
    refusal: '',
    thought: '',
    summary: '',
    summaryIndex: undefined,
  };
}

function addDelta(
  item: Item,
  field: (typeof DELTAS)[keyof typeof DELTAS],
  event: TypedEvent,
): void {
  const { type, delta, summary_index: summaryIndex } = event;
  if (!isText(delta)) return;
  if (field === 'arguments' && item.type === '') {
    item.type = type.includes('custom') ? 'custom_tool_call' : 'function_call';
  }
  if (field === 'summary') {
    if (item.summary !== '' && summaryIndex !== item.summaryIndex) item.summary += '\n\n';
    item.summaryIndex = summaryIndex;
  }
  item[field] += delta;
}

function argumentsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return isObject(value) ? JSON.stringify(value) : '';
}

function textOf(parts: unknown, field: string, ...types: readonly string[]): string {
  return textsOf(parts, field, ...types).join('');
}

/** The texts of the parts of these types. */
function textsOf(parts: unknown, field: string, ...types: readonly string[]): string[] {
  if (!Array.isArray(parts)) return [];
  return parts
    .filter((part) => isObject(part) && types.includes(part['type'] as string))
    .map((part: Record<string, unknown>) => part[field])
    .filter(isText);
}
