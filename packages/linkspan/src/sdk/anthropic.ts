// All of @linkspan/sdk/anthropic.
export {
  AnthropicAdapter,
  anthropicTransport,
  type AnthropicAdapterOptions,
  type AnthropicTransportOptions,
} from '@linkspan/sdk/anthropic';
