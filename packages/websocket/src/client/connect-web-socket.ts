import type { StandardSchemaV1 } from '@standard-schema/spec';
import { parseSettings } from '@linkspan/core';
import { connectSession } from '../session/connect-session.ts';
import { type ConnectWebSocketOptions, connectWebSocketSettings } from './connect-options.ts';
import { ReconnectingClient } from './reconnecting-client.ts';
import type { WebSocketClient } from './web-socket-client.ts';

/** Where to connect to, or a function that says so before every attempt. */
export type WebSocketUrl = string | URL | (() => string | URL | Promise<string | URL>);

/**
 * Connects to a WebSocket (RFC 6455), and resolves when it is open.
 *
 * ```ts
 * await using ws = await connectWebSocket('wss://api.example.com/feed');
 * await ws.send({ subscribe: 'news' });
 * for await (const message of ws) console.log(message);
 * ```
 *
 * With `reconnect`, a first connection that fails is tried again as well.
 *
 * @throws ConfigurationError with every option that is wrong; StatusError for an upgrade that was
 * refused; ConnectionError, DnsError, TlsError, ProtocolError; TimeoutError; `signal.reason`.
 */
export async function connectWebSocket<Schema extends StandardSchemaV1>(
  url: WebSocketUrl,
  options: ConnectWebSocketOptions & { readonly schema: Schema },
): Promise<WebSocketClient<StandardSchemaV1.InferOutput<Schema>>>;
export async function connectWebSocket(
  url: WebSocketUrl,
  options: ConnectWebSocketOptions & { readonly messages: 'text' },
): Promise<WebSocketClient<string | Uint8Array>>;
export async function connectWebSocket<Message = unknown>(
  url: WebSocketUrl,
  options?: ConnectWebSocketOptions,
): Promise<WebSocketClient<Message>>;
export async function connectWebSocket(
  url: WebSocketUrl,
  options: ConnectWebSocketOptions = {},
): Promise<WebSocketClient> {
  const settings = parseSettings('connectWebSocket()', connectWebSocketSettings, options);
  if (settings.session !== false) {
    const client = await connectSession(url, settings, settings.session);
    if (client !== undefined) return client;
  }
  const client = new ReconnectingClient(url, settings);
  await client.connect();
  return client;
}
