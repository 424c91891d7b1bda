// Model providers through their own SDKs: one request for chat, one answer, one stream that cannot
// end quietly. `createSdkClient()` makes a client for people; `openaiTransport()` and
// `anthropicTransport()` are the wires alone. The SDKs are loaded by the first call.
export { AnthropicAdapter, type AnthropicAdapterOptions } from './anthropic/anthropic-adapter.ts';
export type { AnthropicSdk } from './anthropic/anthropic-sdk.ts';
export {
  anthropicTransport,
  type AnthropicTransportOptions,
} from './anthropic/anthropic-transport.ts';
export { anthropicTransportFactory } from './anthropic/anthropic-transport-factory.ts';
export { chatDialect, type ChatFrame, type ChatTranslation } from './chat/chat-dialect.ts';
export type { ChatEvent } from './chat/chat-event.ts';
export type {
  AssistantMessage,
  ChatMessage,
  ImagePart,
  ReasoningPart,
  TextPart,
  ToolMessage,
  UserMessage,
} from './chat/chat-message.ts';
export type {
  ChatRequest,
  ChatRequestInit,
  ChatTool,
  ProviderOptions,
  ResponseFormat,
  ToolChoice,
} from './chat/chat-request.ts';
export type { ChatResponse } from './chat/chat-response.ts';
export { type FinishReason, toFinishReason } from './chat/finish-reason.ts';
export {
  type AnthropicClientOptions,
  createSdkClient,
  type CustomSdkClientOptions,
  type OpenAIClientOptions,
  type SdkClientBaseOptions,
} from './client/create-sdk-client.ts';
export type { ChatStreamOptions, SdkClient } from './client/sdk-client.ts';
export { OpenAIAdapter, type OpenAIAdapterOptions } from './openai/openai-adapter.ts';
export type { OpenAIApiName } from './openai/openai-api.ts';
export type { MaxTokensField } from './openai/openai-params.ts';
export type { OpenAISdk } from './openai/openai-sdk.ts';
export { openaiTransport, type OpenAITransportOptions } from './openai/openai-transport.ts';
export { openaiTransportFactory } from './openai/openai-transport-factory.ts';
export { type NamedSdkTransportOptions, sdkTransportFactory } from './sdk-transport-factory.ts';
export { type AdaptedTransportOptions, sdkTransport } from './transport/create-sdk-transport.ts';
export type { SdkAdapter } from './transport/sdk-adapter.ts';
export type { SdkTransport } from './transport/sdk-transport.ts';
export type { ApiKey, SdkTransportOptions } from './transport/sdk-transport-options.ts';
export { KEY_IS_HELD_ELSEWHERE, type SdkCall, SdkWire } from './transport/sdk-wire.ts';
