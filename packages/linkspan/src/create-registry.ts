import { TransportRegistry } from '@linkspan/core';
import { httpTransportFactory } from '@linkspan/http';
import { sdkTransportFactory } from '@linkspan/sdk';
import { webSocketTransportFactory } from '@linkspan/websocket';

/** The transports that are built in, by the names under which a client can ask for them. */
export interface BuiltInTransports {
  readonly http: ReturnType<typeof httpTransportFactory>;
  readonly websocket: ReturnType<typeof webSocketTransportFactory>;
  readonly sdk: ReturnType<typeof sdkTransportFactory>;
}

/**
 * A registry with every built-in transport, to which a program adds its own:
 * `createRegistry().register('feed', feedFactory)`. Each call gives a new one.
 */
export function createRegistry(): TransportRegistry<BuiltInTransports> {
  return new TransportRegistry()
    .register('http', httpTransportFactory())
    .register('websocket', webSocketTransportFactory())
    .register('sdk', sdkTransportFactory());
}
