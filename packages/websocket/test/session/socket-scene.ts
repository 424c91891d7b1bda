import {
  acceptSessions,
  type AcceptSessionsOptions,
  connectWebSocket,
  type ConnectWebSocketOptions,
  type SessionChannel,
  type WebSocketClient,
} from '@linkspan/websocket';
import { onTestFinished } from 'vitest';
import { startServer } from '../start-server.ts';
import { BreakingProxy } from './breaking-proxy.ts';

/** A server of sessions behind a proxy that breaks connections after so many bytes. */
export async function serve(
  handler: (session: SessionChannel) => unknown,
  options: AcceptSessionsOptions & { readonly budgets?: readonly number[] } = {},
) {
  const { budgets, ...rest } = options;
  const sessions = acceptSessions(handler, rest);
  const server = await startServer(sessions.handleConnection, {
    handleProtocols: sessions.handleProtocols,
  });
  const proxy = await BreakingProxy.listen(server.url, budgets);
  onTestFinished(() => sessions.close());
  return { sessions, server, proxy };
}

/** A client whose connections are made again at once. */
export async function open(
  url: string,
  options: ConnectWebSocketOptions = {},
): Promise<WebSocketClient<never>> {
  const ws = await connectWebSocket<never>(url, {
    session: true,
    reconnect: { baseDelayMs: 0 },
    ...options,
  });
  onTestFinished(() => ws.close());
  return ws;
}
