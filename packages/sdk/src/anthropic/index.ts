// Chats through Anthropic's SDK: a transport for `createClient()`. The package `@anthropic-ai/sdk` is
// loaded by the first call.
export { AnthropicAdapter, type AnthropicAdapterOptions } from './anthropic-adapter.ts';
export { anthropicTransport, type AnthropicTransportOptions } from './anthropic-transport.ts';
