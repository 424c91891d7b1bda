// Server-sent events, NDJSON and the streaming protocols of model providers and agents, as data:
// what ends a stream, what an error inside a 200 looks like, and what counts as progress. Decoders
// do no I/O: they are fed bytes in any split.
export { a2a, createA2a, type A2aOptions } from './a2a/a2a.ts';
export type { A2aResultArtifact } from './a2a/a2a-artifacts.ts';
export type { A2aResult } from './a2a/a2a-reader.ts';
export type {
  A2aArtifact,
  A2aMessage,
  A2aPart,
  A2aStreamResponse,
  A2aTask,
  A2aTaskArtifactUpdate,
  A2aTaskState,
  A2aTaskStatus,
  A2aTaskStatusUpdate,
} from './a2a/a2a-stream-response.ts';
export { agUi } from './ag-ui/ag-ui.ts';
export type {
  AgUiEvent,
  AgUiInterrupt,
  AgUiRunFinished,
  AgUiRunOutcome,
  AgUiTextRole,
  AgUiTokenUsage,
} from './ag-ui/ag-ui-event.ts';
export type { AgUiContentPart, AgUiMessage, AgUiSource } from './ag-ui/ag-ui-message.ts';
export type { AgUiResult } from './ag-ui/ag-ui-reader.ts';
export type {
  AnthropicBlock,
  AnthropicDelta,
  AnthropicEvent,
  AnthropicMessage,
  AnthropicMessageEnd,
  AnthropicToolResult,
  AnthropicToolUse,
  AnthropicUsage,
} from './anthropic/anthropic-event.ts';
export { anthropicMessages } from './anthropic/anthropic-messages.ts';
export type { AnthropicResult } from './anthropic/anthropic-messages-reader.ts';
export type {
  ChatCompletionChoice,
  ChatCompletionChunk,
  ChatCompletionDelta,
  ChatCompletionToolCall,
  ChatCompletionUsage,
} from './openai/chat-completion-chunk.ts';
export type { ChatResult, ToolCall } from './model/chat-result.ts';
export { cohereChat } from './cohere/cohere-chat.ts';
export type {
  CohereCitation,
  CohereContent,
  CohereEvent,
  CohereMessageEnd,
  CohereToolCall,
  CohereUsage,
} from './cohere/cohere-event.ts';
export { type ByteSource, decodeStream, type DecodeStreamOptions } from './decode-stream.ts';
export { gemini } from './gemini/gemini.ts';
export type {
  GeminiCandidate,
  GeminiChunk,
  GeminiFunctionCall,
  GeminiPart,
  GeminiPartialArg,
  GeminiUsage,
} from './gemini/gemini-chunk.ts';
export type {
  JsonRpcError,
  JsonRpcErrorResponse,
  JsonRpcId,
  JsonRpcMessage,
  JsonRpcNotification,
  JsonRpcRequest,
  JsonRpcResultResponse,
} from './json-rpc/json-rpc-message.ts';
export { MalformedEvent } from './framing/malformed-event.ts';
export { mcp2025 } from './mcp/mcp-2025.ts';
export { mcp2026 } from './mcp/mcp-2026.ts';
export type { McpEvent, McpResult } from './mcp/mcp-event.ts';
export { createNdjson, ndjson, type NdjsonOptions, type NdjsonResult } from './framing/ndjson.ts';
export { createNdjsonDecoder, type NdjsonDecoderOptions } from './framing/ndjson-decoder.ts';
export { createOpenaiChat, openaiChat, type OpenaiChatOptions } from './openai/openai-chat.ts';
export type { ChatTerminator } from './openai/openai-chat-reader.ts';
export { openaiResponses } from './openai/openai-responses.ts';
export type { ResponsesResult } from './openai/openai-responses-reader.ts';
export type {
  ResponsesContent,
  ResponsesEvent,
  ResponsesItem,
  ResponsesResponse,
  ResponsesUsage,
} from './openai/responses-event.ts';
export { createRawSse, rawSse, type RawSseOptions } from './framing/raw-sse.ts';
export {
  createSseDecoder,
  type SseDecoder,
  type SseDecoderOptions,
  type SseEvent,
} from './framing/sse-decoder.ts';
export { synapse } from './synapse/synapse.ts';
export type { SynapseFrame } from './synapse/synapse-decoder.ts';
export type { VercelUiMetadata } from './vercel-ui/merge-metadata.ts';
export { createVercelUi, vercelUi, type VercelUiOptions } from './vercel-ui/vercel-ui.ts';
export type {
  VercelUiFinishReason,
  VercelUiPart,
  VercelUiProviderMetadata,
} from './vercel-ui/vercel-ui-part.ts';
export type { VercelUiResult, VercelUiTerminator } from './vercel-ui/vercel-ui-reader.ts';
