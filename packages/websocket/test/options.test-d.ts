import type { Channel, OptionsOf, SettingsOf, Transport } from '@linkspan/core';
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import type {
  ConnectWebSocketOptions,
  ConnectWebSocketSettings,
  connectWebSocketSettings,
} from '../src/client/connect-options.ts';
import { connectWebSocket } from '../src/client/connect-web-socket.ts';
import type { WebSocketClient } from '../src/client/web-socket-client.ts';
import type {
  WebSocketTransportOptions,
  WebSocketTransportSettings,
  webSocketTransportSettings,
} from '../src/options.ts';
import { type WebSocketTransport, webSocketTransport } from '../src/web-socket-transport.ts';
import type { WireMessage } from '../src/wire/inbox.ts';

type Table = typeof webSocketTransportSettings;

expectTypeOf<SettingsOf<Table>>().toEqualTypeOf<WebSocketTransportSettings>();
expectTypeOf<WebSocketTransportOptions>().toExtend<OptionsOf<Table>>();
expectTypeOf<OptionsOf<Table>>().toExtend<WebSocketTransportOptions>();
expectTypeOf<WebSocketTransport>().toExtend<Transport<WireMessage>>();

type ConnectTable = typeof connectWebSocketSettings;

expectTypeOf<SettingsOf<ConnectTable>>().toEqualTypeOf<ConnectWebSocketSettings>();
expectTypeOf<ConnectWebSocketOptions>().toExtend<OptionsOf<ConnectTable>>();
expectTypeOf<OptionsOf<ConnectTable>>().toExtend<ConnectWebSocketOptions>();

expectTypeOf(connectWebSocket('ws://a')).resolves.toEqualTypeOf<WebSocketClient>();
expectTypeOf(connectWebSocket<{ id: number }>('ws://a')).resolves.toEqualTypeOf<
  WebSocketClient<{ id: number }>
>();
expectTypeOf(connectWebSocket('ws://a', { messages: 'text' })).resolves.toEqualTypeOf<
  WebSocketClient<string | Uint8Array>
>();
const schema = z.object({ id: z.coerce.number() });
expectTypeOf(connectWebSocket('ws://a', { schema })).resolves.toEqualTypeOf<
  WebSocketClient<{ id: number }>
>();
expectTypeOf<WebSocketClient['send']>().toExtend<Channel<unknown>['send']>();

// @ts-expect-error -- a typo in the name of an option
webSocketTransport({ pingMS: 5 });
// @ts-expect-error -- a duration is a number of milliseconds
void connectWebSocket('ws://a', { pingMs: '20s' });
