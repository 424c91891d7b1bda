// Chats through OpenAI's SDK, with OpenAI itself and every server that speaks like it: a transport
// for `createClient()`. The package `openai` is loaded by the first call.
export { OpenAIAdapter, type OpenAIAdapterOptions } from './openai-adapter.ts';
export type { OpenAIApiName } from './openai-api.ts';
export type { MaxTokensField } from './openai-params.ts';
export { openaiTransport, type OpenAITransportOptions } from './openai-transport.ts';
