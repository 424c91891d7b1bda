// A WebSocket client and transport on ws, with backpressure both ways, a heartbeat, and reconnection
// that tells what may have been lost. `connectWebSocket()` is for people; `webSocketTransport()` is the
// wire alone, for clients and layers of your own.
export type { ConnectWebSocketOptions } from './client/connect-options.ts';
export { connectWebSocket, type WebSocketUrl } from './client/connect-web-socket.ts';
export type { MessageForm } from './client/read-message.ts';
export type {
  CallReconnectOptions,
  ReconnectNotice,
  ReconnectOptions,
  ReconnectWait,
} from './client/reconnect-options.ts';
export type { WebSocketClient, WebSocketEnd, WebSocketStatus } from './client/web-socket-client.ts';
export {
  rpc,
  type RpcChannel,
  RpcError,
  type RpcHandler,
  type RpcHandlerContext,
  type RpcOptions,
  type RpcPeer,
  type RpcRequestOptions,
} from '@linkspan/core/rpc';
export { closeFrameOf, type CloseFrame } from './close-codes.ts';
export type { ConnectionOptions } from './connect/connection-options.ts';
export {
  acceptSessions,
  type AcceptSessionsOptions,
  type SessionServer,
} from './session/accept-sessions.ts';
export type { SessionChannel } from './session/session-channel.ts';
export { SessionLostError } from './session/session-lost-error.ts';
export type { SessionClientOptions, SessionOptions } from './session/session-options.ts';
export { type WebSocketTransport, webSocketTransport } from './web-socket-transport.ts';
export type { WebSocketTransportOptions } from './options.ts';
export { webSocketTransportFactory } from './web-socket-transport-factory.ts';
export type { WireMessage } from './wire/inbox.ts';
