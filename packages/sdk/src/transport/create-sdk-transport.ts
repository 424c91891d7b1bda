import { createHttpClient, type HttpTransportOptions } from '@linkspan/http';
import type { ApiKey } from './sdk-transport-options.ts';
import type { SdkAdapter } from './sdk-adapter.ts';
import { AdaptedTransport, type SdkTransport } from './sdk-transport.ts';
import { SdkWire } from './sdk-wire.ts';

/** What a transport of an adapter takes: where the provider is, how it knows the caller, and what http transports take. */
export interface AdaptedTransportOptions extends Omit<HttpTransportOptions, 'baseUrl'> {
  /** What the URLs of the SDK begin with. */
  readonly baseUrl: string;
  /**
   * What every request is signed with, on its way to the origin of `baseUrl`. The SDK's client is
   * given {@link KEY_IS_HELD_ELSEWHERE} in the place of a key, which is not sent.
   */
  readonly auth?:
    | { readonly bearer: ApiKey }
    | { readonly header: string; readonly value: ApiKey }
    | undefined;
}

/**
 * A transport over an SDK that is not built in.
 *
 * @param adapt makes the adapter, whose SDK sends through the wire that it is given.
 * @throws ConfigurationError when an option is wrong.
 */
export function sdkTransport<Native>(
  adapt: (wire: SdkWire) => SdkAdapter<Native>,
  options: AdaptedTransportOptions,
): SdkTransport<Native> {
  const http = createHttpClient({
    ...options,
    // What is sent by way of the SDK's own methods has the SDK's clock.
    totalMs: Infinity,
    env: {},
  });
  return new AdaptedTransport(adapt(new SdkWire(http, options.baseUrl)), http);
}
