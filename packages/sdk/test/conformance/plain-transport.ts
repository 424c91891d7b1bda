import type { Transport } from '@linkspan/core';
import type { SdkTransport } from '@linkspan/sdk';

/** The same transport for those who write their requests in the common way. */
export function plainTransport(transport: SdkTransport): Transport {
  return {
    name: transport.name,
    capabilities: transport.capabilities,
    send: transport.send,
    connect: (context) => transport.connect(context),
    probe: async (context) => await transport.probe?.(context),
    close: (options) => transport.close(options),
    [Symbol.asyncDispose]: () => transport.close(),
  };
}
