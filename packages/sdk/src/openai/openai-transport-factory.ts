import type { TransportFactory } from '@linkspan/core';
import type { SdkTransport } from '../transport/sdk-transport.ts';
import { httpSettings } from '../transport/sdk-transport-options.ts';
import type { OpenAISdk } from './openai-sdk.ts';
import {
  openaiTransport,
  type OpenAITransportOptions,
  openaiTransportSettings,
} from './openai-transport.ts';

/**
 * A factory of OpenAI transports for a `TransportRegistry`:
 * `createClient({ registry, transport: 'openai', apiKey })`.
 */
export function openaiTransportFactory(): TransportFactory<
  SdkTransport<OpenAISdk>,
  OpenAITransportOptions
> {
  return {
    settings: { ...httpSettings, ...openaiTransportSettings },
    create: (options) => openaiTransport(options),
  };
}
