import {
  type Middleware,
  onError,
  onRequest,
  onResponse,
  retry,
  type Transport,
} from '@linkspan/core';
import { type ConformanceFixture, withMiddleware } from '@linkspan/testkit';
import { webSocketTransport } from '@linkspan/websocket';
import { tellMessages } from './tell-messages.ts';
import { WebSocketPeer } from './web-socket-peer.ts';

/** The WebSocket transport under the kit, plain or with sessions, and behind layers. */
export function webSocketFixture(
  name: string,
  layers: readonly Middleware[],
  session: boolean = false,
): ConformanceFixture {
  return {
    name,
    open: async () => {
      const peer = await WebSocketPeer.listen({ session });
      // The peer of the kit sends bytes alone.
      const transport = webSocketTransport({
        baseUrl: peer.baseUrl,
        session,
      }) as unknown as Transport;
      return {
        transport: withMiddleware(transport, [...layers, tellMessages]),
        request: (scene) => peer.request(scene),
        peer,
        close: () => peer.close(),
      };
    },
  };
}

/** Layers that leave a call as it is. */
export const layers: readonly Middleware[] = [
  retry({ maxRetries: 1, baseDelayMs: 1 }),
  onRequest(() => {}),
  onResponse(() => {}),
  onError(() => {}),
];
