import { authenticate, type Credentials } from '@linkspan/core/wire';
import type { HttpTransport } from '../http-transport.ts';

/**
 * A transport that signs what it sends. The credentials are added below all middleware and hooks,
 * so that none of them sees, logs or keeps them.
 */
export function withCredentials(transport: HttpTransport, credentials: Credentials): HttpTransport {
  return {
    name: transport.name,
    capabilities: transport.capabilities,
    send: authenticate(credentials)(transport.send),
    prepare: (init) => transport.prepare(init),
    connect: (context) => transport.connect(context),
    probe: (context) => transport.probe(context),
    stats: () => transport.stats(),
    resize: (connections, origin) => transport.resize(connections, origin),
    close: (options) => transport.close(options),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
