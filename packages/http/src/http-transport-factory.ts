import { parseSettings, type TransportFactory } from '@linkspan/core';
import { type HttpTransport, httpTransport } from './http-transport.ts';
import { type HttpTransportOptions, httpTransportSettings } from './options.ts';

/**
 * A factory of http transports for a `TransportRegistry`, so that clients can be made from data:
 * `createClient({ registry, transport: 'http', baseUrl })`.
 *
 * @param defaults hold for every transport whose own options do not say otherwise.
 * @throws ConfigurationError when one of them is wrong.
 */
export function httpTransportFactory(
  defaults: HttpTransportOptions = {},
): TransportFactory<HttpTransport, HttpTransportOptions> {
  parseSettings('httpTransportFactory()', httpTransportSettings, defaults);
  return {
    settings: httpTransportSettings,
    create(options) {
      const given = Object.entries(options).filter(([, value]) => value !== undefined);
      return httpTransport({ ...defaults, ...Object.fromEntries(given) });
    },
  };
}
