import type { Transport, TransportFactory } from '@linkspan/core';
import { type StdioOptions, stdioSettings, stdioTransport } from './stdio-transport.ts';

/** The factory for a `TransportRegistry`, so that a client can be made by the name. */
export function stdioTransportFactory(): TransportFactory<Transport, StdioOptions> {
  return { settings: stdioSettings, create: stdioTransport };
}
