import {
  type CallContext,
  createBody,
  createEventStream,
  jsonCodec,
  SerializationError,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import type { ChatEvent, ChatResponse, SdkTransport } from '@linkspan/sdk';

/**
 * A transport whose bytes are said by a model: the payload is what the user says, in base64, and the
 * answer is what the model says. With it the kit proves not the wire alone, but how a chat is asked
 * for, and how its stream is read.
 */
export function chatBytes(transport: SdkTransport): Transport {
  const send = async (
    request: TransportRequest,
    context: CallContext,
  ): Promise<TransportResponse> => {
    const messages = [{ role: 'user', content: contentOf(request) }] as const;
    const chat = transport.prepare({ model: request.target, messages });
    const { idempotent } = request;
    const asked = idempotent === undefined ? chat : { ...chat, idempotent };
    const response = await transport.send(asked, context);
    const { status = 200, headers, body } = response;
    if (status >= 300) return response;
    const stream = createEventStream<ChatEvent, ChatResponse>(body, transport.dialect, {
      status,
      headers,
      context,
      // The clocks of events are the client's; the wire has those of bytes.
      firstEventMs: Infinity,
      eventIdleMs: Infinity,
    });
    const bytes = createBody(bytesOf(stream), context);
    // What ends while nobody reads ends all the same.
    void stream.outcome.then(({ error }) => {
      if (error !== undefined) bytes.fail(error);
    });
    return { status, headers, body: bytes };
  };
  return {
    name: transport.name,
    capabilities: { streaming: true, upload: false, duplex: false, status: true },
    connect: (context) => transport.connect(context),
    send,
    probe: async (context) => await transport.probe?.(context),
    close: (options) => transport.close(options),
    [Symbol.asyncDispose]: () => transport.close(),
  };
}

/** The pieces of a text as bytes. Leaving them leaves the stream. */
function bytesOf(stream: AsyncIterable<ChatEvent>): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => {
      const events = stream[Symbol.asyncIterator]();
      return {
        next: async () => {
          for (;;) {
            // oxlint-disable-next-line no-await-in-loop -- one event after another
            const read = await events.next();
            if (read.done === true) return { done: true, value: undefined };
            if (read.value.type === 'text') {
              return { done: false, value: Buffer.from(read.value.text, 'base64') };
            }
          }
        },
        return: async () => {
          await events.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

function contentOf({ payload }: TransportRequest): string {
  switch (payload?.kind) {
    case undefined:
      return '';
    case 'bytes':
      return Buffer.from(payload.bytes).toString('base64');
    case 'value':
      return Buffer.from(jsonCodec.encode(payload.value)).toString('base64');
    default:
      throw new SerializationError('Cannot say a stream', { sent: 'no' });
  }
}
