import { ConfigurationError, type TransportFactory } from '@linkspan/core';
import {
  anthropicTransport,
  type AnthropicTransportOptions,
} from './anthropic/anthropic-transport.ts';
import type { AnthropicSdk } from './anthropic/anthropic-sdk.ts';
import type { OpenAISdk } from './openai/openai-sdk.ts';
import { openaiTransport, type OpenAITransportOptions } from './openai/openai-transport.ts';
import type { SdkTransport } from './transport/sdk-transport.ts';

/** The options of an SDK transport whose provider is said by name. */
export type NamedSdkTransportOptions =
  | ({ readonly provider: 'openai' } & OpenAITransportOptions)
  | ({ readonly provider: 'anthropic' } & AnthropicTransportOptions);

/**
 * A factory of SDK transports for a `TransportRegistry`, so that a client can be made from data:
 * `createClient({ registry, transport: 'sdk', provider: 'openai', apiKey, organization })`.
 */
export function sdkTransportFactory(): TransportFactory<
  SdkTransport<OpenAISdk> | SdkTransport<AnthropicSdk>,
  NamedSdkTransportOptions
> {
  return {
    create({ provider, ...options }) {
      switch (provider) {
        case 'openai':
          return openaiTransport(options);
        case 'anthropic':
          return anthropicTransport(options);
        default:
          throw unknownProvider(provider);
      }
    },
  };
}

/** The failure of a provider that is not built in. */
export function unknownProvider(provider: unknown): ConfigurationError {
  const message = `expected 'openai' or 'anthropic', found ${JSON.stringify(provider) ?? 'none'}`;
  return new ConfigurationError(`Cannot make an SDK transport: provider: ${message}`, {
    issues: [{ option: 'provider', message }],
  });
}
