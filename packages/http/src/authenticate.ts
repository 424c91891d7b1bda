import {
  type CallContext,
  isReplayable,
  type Middleware,
  type TransportRequest,
} from '@linkspan/core';
import type { Credentials } from './credentials.ts';
import type { HttpTransport } from './http-transport.ts';
import { waitWithin } from './wait-within.ts';

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

/**
 * Signs every attempt. After a 401 the credentials are refreshed, by one call for all, and the
 * request is sent once more: a 401 says that nothing was done. A request whose body cannot be sent
 * again keeps its 401; the next one finds the fresh credentials.
 */
export function authenticate(credentials: Credentials): Middleware {
  return (next) => async (request, context) => {
    if (credentials.areOwnOf(request)) return await next(request, context);
    const signed = await sign(request, context, credentials);
    const { version } = credentials;
    const answer = await next(signed, context);
    if (answer.status !== 401 || !credentials.canRefresh) return answer;

    try {
      if (credentials.version === version) await waitWithin(credentials.refresh(), context);
    } catch (error) {
      await answer.body.cancel();
      throw error;
    }
    if (!isReplayable(request.payload)) return answer;
    await answer.body.cancel();
    return await next(await sign(request, context, credentials), context);
  };
}

async function sign(
  request: TransportRequest,
  context: CallContext,
  credentials: Credentials,
): Promise<TransportRequest> {
  const headers = credentials.headersFor(request);
  const own = headers instanceof Promise ? await waitWithin(headers, context) : headers;
  return { ...request, headers: { ...own, ...request.headers } };
}
