import {
  type ChatCompletionChunk,
  type ChatResult,
  decodeStream,
  openaiChat,
} from '@linkspan/dialects';
import { chatChunk } from '../sse-text.ts';

/** A chunk with text. */
export const text = (content: string): object => chatChunk({ content });

/** Reads a stream to its end, whatever that is. */
export async function readChat(
  bytes: Uint8Array,
  dialect = openaiChat,
): Promise<{
  events: ChatCompletionChunk[];
  error: unknown;
  partial: ChatResult;
  outcome: object;
}> {
  const stream = decodeStream(bytes, dialect, {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': 'req_1' },
  });
  const events: ChatCompletionChunk[] = [];
  let error: unknown;
  try {
    for await (const event of stream) events.push(event);
  } catch (thrown) {
    error = thrown;
  }
  return { events, error, partial: stream.partial, outcome: await stream.outcome };
}
