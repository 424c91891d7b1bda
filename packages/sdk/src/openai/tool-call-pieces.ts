import type { ChatCompletionToolCall } from '@linkspan/dialects';
import type { ChatEvent } from '../chat/chat-event.ts';

interface Call {
  readonly index: number;
  id: string;
  name: string;
}

/**
 * Numbers the pieces of tool calls. They belong together by `index`; where a server leaves it out, or
 * gives several calls the same one, a new `id` begins a new call.
 */
export class ToolCallPieces {
  readonly #byIndex = new Map<unknown, Call>();
  #last: Call | undefined;
  #count = 0;

  read({ index, id, function: part }: Partial<ChatCompletionToolCall>): ChatEvent {
    let call = index === undefined || index === null ? this.#last : this.#byIndex.get(index);
    const isOther = call !== undefined && call.id !== '' && isText(id) && id !== call.id;
    const isNew = call === undefined || isOther;
    if (call === undefined || isOther) {
      call = { index: this.#count++, id: '', name: '' };
      this.#byIndex.set(index, call);
    }
    this.#last = call;
    const namesId = call.id === '' && isText(id);
    if (namesId) call.id = id;
    // Some servers repeat the name in every piece, others cut it.
    const namesTool = isText(part?.name) && part.name !== call.name;
    if (namesTool) call.name += part?.name ?? '';
    return {
      type: 'tool-call',
      index: call.index,
      ...((isNew || namesId) && { id: call.id }),
      ...((isNew || namesTool) && { name: call.name }),
      arguments: argumentsOf(part?.arguments),
    };
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Some servers send the arguments as an object. */
function argumentsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : '';
}
