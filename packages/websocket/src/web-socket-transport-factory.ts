import { parseSettings, type TransportFactory } from '@linkspan/core';
import { type WebSocketTransportOptions, webSocketTransportSettings } from './options.ts';
import { type WebSocketTransport, webSocketTransport } from './web-socket-transport.ts';

/**
 * A factory of WebSocket transports for a `TransportRegistry`, so that clients can be made from data:
 * `createClient({ registry, transport: 'websocket', baseUrl })`.
 *
 * @param defaults hold for every transport whose own options do not say otherwise.
 * @throws ConfigurationError when one of them is wrong.
 */
export function webSocketTransportFactory(
  defaults: WebSocketTransportOptions = {},
): TransportFactory<WebSocketTransport, WebSocketTransportOptions> {
  parseSettings('webSocketTransportFactory()', webSocketTransportSettings, defaults);
  return {
    settings: webSocketTransportSettings,
    create(options) {
      const given = Object.entries(options).filter(([, value]) => value !== undefined);
      return webSocketTransport({ ...defaults, ...Object.fromEntries(given) });
    },
  };
}
