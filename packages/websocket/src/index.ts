// A WebSocket client and transport on ws.
export { closeFrameOf, type CloseFrame } from './close-codes.ts';
export type { ConnectionOptions } from './connect/connection-options.ts';
export { type WebSocketTransport, webSocketTransport } from './web-socket-transport.ts';
export type { WebSocketTransportOptions } from './options.ts';
export type { WireMessage } from './wire/inbox.ts';
