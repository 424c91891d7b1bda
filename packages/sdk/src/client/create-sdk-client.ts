import {
  type Client,
  type ClientBaseOptions,
  type ConfigOptions,
  createClient,
  defineSettings,
  parseSettings,
  setting,
  TransportRegistry,
} from '@linkspan/core';
import type { AnthropicSdk } from '../anthropic/anthropic-sdk.ts';
import type { AnthropicTransportOptions } from '../anthropic/anthropic-transport.ts';
import { anthropicTransportFactory } from '../anthropic/anthropic-transport-factory.ts';
import type { ChatRequest } from '../chat/chat-request.ts';
import type { OpenAISdk } from '../openai/openai-sdk.ts';
import type { OpenAITransportOptions } from '../openai/openai-transport.ts';
import { openaiTransportFactory } from '../openai/openai-transport-factory.ts';
import { unknownProvider } from '../sdk-transport-factory.ts';
import type { SdkTransport } from '../transport/sdk-transport.ts';
import { ChatClient, type SdkClient } from './sdk-client.ts';

/** What every chat client takes, beside the options of its transport. */
export interface SdkClientBaseOptions extends ClientBaseOptions, Omit<ConfigOptions, 'config'> {
  /** The model of requests that name none. */
  readonly model?: string | undefined;
}

/** A chat client for OpenAI, or a server that speaks like it. */
export type OpenAIClientOptions = SdkClientBaseOptions &
  OpenAITransportOptions & { readonly provider: 'openai' };

/** A chat client for Anthropic. */
export type AnthropicClientOptions = SdkClientBaseOptions &
  AnthropicTransportOptions & { readonly provider: 'anthropic' };

/** A chat client over a transport that is there already. */
export interface CustomSdkClientOptions<Native> extends SdkClientBaseOptions {
  readonly transport: SdkTransport<Native>;
  /** Whether `close()` closes the transport too. @default false */
  readonly ownTransport?: boolean | undefined;
}

const modelSetting = defineSettings({ model: setting.string({ optional: true, env: false }) });

/**
 * Makes a client for chats with the models of a provider, through its own SDK.
 *
 * ```ts
 * const client = createSdkClient({ provider: 'openai', apiKey, model: 'gpt-6' });
 * const { text } = await client.chat({ messages: [{ role: 'user', content: 'Hello' }] });
 * ```
 *
 * @throws ConfigurationError with everything that is wrong with the options.
 */
export function createSdkClient(options: OpenAIClientOptions): SdkClient<OpenAISdk>;
export function createSdkClient(options: AnthropicClientOptions): SdkClient<AnthropicSdk>;
export function createSdkClient(
  options: OpenAIClientOptions | AnthropicClientOptions,
): SdkClient<OpenAISdk | AnthropicSdk>;
export function createSdkClient<Native>(options: CustomSdkClientOptions<Native>): SdkClient<Native>;
export function createSdkClient(
  options: OpenAIClientOptions | AnthropicClientOptions | CustomSdkClientOptions<unknown>,
): SdkClient {
  const { model: given, provider, ...rest } = options as OpenAIClientOptions;
  const { model } = parseSettings('createSdkClient()', modelSetting, { model: given });
  const client = 'transport' in options ? createClient(rest as never) : named(provider, rest);
  return new ChatClient(client, client.transport as unknown as SdkTransport, model);
}

function named(provider: string, options: object): Client<ChatRequest> {
  if (provider !== 'openai' && provider !== 'anthropic') throw unknownProvider(provider);
  const registry = new TransportRegistry()
    .register('openai', openaiTransportFactory())
    .register('anthropic', anthropicTransportFactory());
  return createClient({ ...options, registry, transport: provider } as never);
}
