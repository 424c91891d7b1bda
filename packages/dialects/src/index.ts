// Server-sent events, NDJSON and the streaming protocols of model providers and agents, as data:
// what ends a stream, what an error inside a 200 looks like, and what counts as progress. Decoders
// do no I/O: they are fed bytes in any split.
export type {
  ChatCompletionChoice,
  ChatCompletionChunk,
  ChatCompletionDelta,
  ChatCompletionToolCall,
  ChatCompletionUsage,
} from './openai/chat-completion-chunk.ts';
export type { ChatResult, ToolCall } from './model/chat-result.ts';
export { type ByteSource, decodeStream, type DecodeStreamOptions } from './decode-stream.ts';
export { createNdjson, ndjson, type NdjsonOptions, type NdjsonResult } from './framing/ndjson.ts';
export { createNdjsonDecoder, type NdjsonDecoderOptions } from './framing/ndjson-decoder.ts';
export { createOpenaiChat, openaiChat, type OpenaiChatOptions } from './openai/openai-chat.ts';
export type { ChatTerminator } from './openai/openai-chat-reader.ts';
export { rawSse } from './framing/raw-sse.ts';
export {
  createSseDecoder,
  type SseDecoder,
  type SseDecoderOptions,
  type SseEvent,
} from './framing/sse-decoder.ts';
export { synapse } from './synapse/synapse.ts';
export type { SynapseFrame } from './synapse/synapse-decoder.ts';
