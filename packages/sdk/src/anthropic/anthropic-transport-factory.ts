import type { TransportFactory } from '@linkspan/core';
import type { SdkTransport } from '../transport/sdk-transport.ts';
import { httpSettings } from '../transport/sdk-transport-options.ts';
import type { AnthropicSdk } from './anthropic-sdk.ts';
import {
  anthropicTransport,
  type AnthropicTransportOptions,
  anthropicTransportSettings,
} from './anthropic-transport.ts';

/**
 * A factory of Anthropic transports for a `TransportRegistry`:
 * `createClient({ registry, transport: 'anthropic', apiKey })`.
 */
export function anthropicTransportFactory(): TransportFactory<
  SdkTransport<AnthropicSdk>,
  AnthropicTransportOptions
> {
  return {
    settings: { ...httpSettings, ...anthropicTransportSettings },
    create: (options) => anthropicTransport(options),
  };
}
