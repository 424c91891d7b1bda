import type { ConnectWebSocketSettings } from '../client/connect-options.ts';
import type { WebSocketUrl } from '../client/connect-web-socket.ts';
import type { WebSocketClient } from '../client/web-socket-client.ts';
import type { SessionClientSettings } from './session-options.ts';
import { SessionWebSocket } from './session-web-socket.ts';

/**
 * Connects to a WebSocket and opens a session over it, which outlives its connections. `undefined`
 * when the server knows of no sessions and plain connections will do.
 *
 * @throws what `connectWebSocket()` throws; ProtocolError when the server knows of no sessions.
 */
export async function connectSession(
  url: WebSocketUrl,
  settings: ConnectWebSocketSettings,
  session: SessionClientSettings,
): Promise<WebSocketClient | undefined> {
  const client = new SessionWebSocket(url, settings, session);
  try {
    await client.connect();
    return client;
  } catch (error) {
    if (client.isReplaced) return undefined;
    throw error;
  }
}
