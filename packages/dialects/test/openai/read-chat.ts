import { type ChatCompletionChunk, type ChatResult, openaiChat } from '@linkspan/dialects';
import { readStream, type ReadStream } from '../read-stream.ts';
import { chatChunk } from '../sse-text.ts';

/** A chunk with text. */
export const text = (content: string): object => chatChunk({ content });

/** Reads a stream to its end, whatever that is. */
export async function readChat(
  bytes: Uint8Array,
  dialect = openaiChat,
): Promise<ReadStream<ChatCompletionChunk, ChatResult>> {
  return await readStream(bytes, dialect);
}
