import {
  type Body,
  type CallContext,
  jsonCodec,
  MessageTooLargeError,
  type Middleware,
  type Payload,
  type TransportRequest,
} from '@linkspan/core';

interface Progress {
  readonly method?: string;
  readonly params?: { readonly bytes?: string };
}

/**
 * The layer that lets the kit, whose scenes are bytes, speak to a wire of messages: it writes bytes
 * into messages, and takes them out of those that come.
 */
export function carried(): Middleware {
  let lastId = 0;
  return (next) => async (request: TransportRequest, context: CallContext) => {
    lastId += 1;
    const response = await next({ ...request, payload: carry(request, lastId) }, context);
    return { ...response, body: new CarriedBody(response.body) };
  };
}

function carry({ target, payload }: TransportRequest, id: number): Payload {
  const params = { scene: JSON.parse(target) as object };
  const own = { jsonrpc: '2.0', method: 'kit/own', params };
  if (payload?.kind === 'stream') {
    return { kind: 'stream', stream: parts(own, payload.stream as AsyncIterable<Uint8Array>) };
  }
  if (payload?.kind === 'factory') {
    return { kind: 'factory', open: async () => parts(own, await payload.open()) };
  }
  const bytes = payload?.kind === 'value' ? jsonCodec.encode(payload.value) : payload?.bytes;
  const value = {
    jsonrpc: '2.0',
    id,
    method: 'kit/play',
    params: { ...params, bytes: base64(bytes ?? new Uint8Array()), _meta: { progressToken: id } },
  };
  return { kind: 'value', value };
}

/** A stream of bytes as one of messages, which is left when it is left. */
function parts(first: object, source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => {
      const chunks = source[Symbol.asyncIterator]();
      let isFirst = true;
      return {
        next: async () => {
          if (isFirst) {
            isFirst = false;
            return { done: false, value: jsonCodec.encode(first) };
          }
          const step = await chunks.next();
          if (step.done === true) return { done: true, value: undefined };
          const params = { bytes: base64(step.value) };
          const value = jsonCodec.encode({ jsonrpc: '2.0', method: 'kit/part', params });
          return { done: false, value };
        },
        return: async () => {
          await chunks.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** The bytes in the messages of a body, whose end it has. */
class CarriedBody implements Body {
  readonly #body: Body;

  constructor(body: Body) {
    this.#body = body;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    const messages = this.#body[Symbol.asyncIterator]();
    const read = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- one message after another
        const step = await messages.next();
        if (step.done === true) return { done: true, value: undefined };
        const bytes = bytesOf(step.value);
        if (bytes.length > 0) return { done: false, value: bytes };
      }
    };
    let last: Promise<unknown> = Promise.resolve();
    return {
      // Reads that overlap are served one after another.
      next: () => {
        const mine = last.then(read, read);
        last = mine;
        return mine;
      },
      return: async () => {
        await messages.return?.();
        return { done: true, value: undefined };
      },
    };
  }

  async collect({ maxBytes = Infinity }: { readonly maxBytes?: number } = {}): Promise<
    readonly Uint8Array[]
  > {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of this) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new MessageTooLargeError('Cannot collect the body: too large');
      chunks.push(chunk);
    }
    return chunks;
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#body.cancel(reason);
  }

  onClose(listener: () => void): void {
    this.#body.onClose(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel();
  }
}

/** One chunk is one message: a line, or an event of a stream. */
function bytesOf(chunk: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(chunk).replace(/^data: /, '');
  const { method, params } = JSON.parse(text) as Progress;
  const isBytes = method === 'notifications/progress' && params?.bytes !== undefined;
  return new Uint8Array(Buffer.from(isBytes ? (params.bytes ?? '') : '', 'base64'));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
