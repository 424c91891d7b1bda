const utf8 = new TextEncoder();

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return utf8.encode(text);
}

/** The bytes of events that have only data: text as it is, other values as JSON. */
export function sseOf(...data: readonly unknown[]): Uint8Array {
  return bytesOf(
    data
      .map((value) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`)
      .join(''),
  );
}

/** An event whose data says what it is. */
export interface NamedEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The bytes of events that have a name, which is their `type`. */
export function namedSseOf(...events: readonly NamedEvent[]): Uint8Array {
  return bytesOf(
    events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''),
  );
}

/** A chunk of a completion with one choice. */
export function chatChunk(delta: object, finishReason: string | null = null): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  };
}
