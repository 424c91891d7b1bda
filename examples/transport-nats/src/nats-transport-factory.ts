import type { Transport, TransportFactory } from '@linkspan/core';
import {
  type NatsOptions,
  type NatsRequest,
  natsSettings,
  natsTransport,
} from './nats-transport.ts';

/** Lets clients be made from data: `new TransportRegistry().register('nats', natsTransportFactory())`. */
export function natsTransportFactory(): TransportFactory<
  Transport<Uint8Array, NatsRequest>,
  NatsOptions
> {
  return { settings: natsSettings, create: natsTransport };
}
