import { ManualClock } from '@linkspan/concurrency';
import {
  type CallOptions,
  type Client,
  type ClientResponse,
  createClient,
  type MemoryAnswer,
  type MemoryHandler,
  memoryTransport,
  type Middleware,
  type TransportRequest,
} from '@linkspan/core';

export const get: TransportRequest = { operation: 'GET', target: '/' };

export interface LayerScene {
  readonly clock: ManualClock;
  readonly client: Client;
  /** When each attempt reached the peer. */
  readonly sentAt: readonly number[];
  /** Sends and closes the answer: what it says, or the failure. */
  readonly call: (request?: TransportRequest, options?: CallOptions) => Promise<unknown>;
  readonly open: (request?: TransportRequest, options?: CallOptions) => Promise<ClientResponse>;
}

/** A client with these layers around a peer that answers by a function, on a clock that a test moves. */
export function layerScene(
  layers: (clock: ManualClock) => readonly Middleware[],
  answer: MemoryHandler = (): MemoryAnswer => ({ body: 'peer' }),
): LayerScene {
  const clock = new ManualClock();
  const sentAt: number[] = [];
  const transport = memoryTransport((request, exchange) => {
    sentAt.push(clock.now());
    return answer(request, exchange);
  });
  const middleware = layers(clock);
  const client = createClient({ transport, clock, env: {}, retry: false, middleware });
  const open: LayerScene['open'] = (request = get, options) => client.request(request, options);
  return {
    clock,
    client,
    sentAt,
    open,
    call: async (request, options) => {
      try {
        return await (await open(request, options)).text();
      } catch (error) {
        return error;
      }
    },
  };
}
