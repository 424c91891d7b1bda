import type { Transport, TransportFactory } from '@linkspan/core';
import {
  type GopherOptions,
  type GopherRequest,
  gopherSettings,
  gopherTransport,
} from './gopher-transport.ts';

/** The factory for a `TransportRegistry`, so that a client can be made by the name. */
export function gopherTransportFactory(): TransportFactory<
  Transport<Uint8Array, GopherRequest>,
  GopherOptions
> {
  return { settings: gopherSettings, create: gopherTransport };
}
