// All of @linkspan/sdk/openai.
export {
  OpenAIAdapter,
  openaiTransport,
  type MaxTokensField,
  type OpenAIAdapterOptions,
  type OpenAIApiName,
  type OpenAITransportOptions,
} from '@linkspan/sdk/openai';
