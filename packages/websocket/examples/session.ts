// A session that outlives its connections: the server breaks one, and nothing is lost or doubled.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { acceptSessions, connectWebSocket } from '@linkspan/websocket';
import { WebSocketServer } from 'ws';

const sessions = acceptSessions(async (session) => {
  for await (const message of session) await session.send(`heard ${String(message)}`);
});
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  handleProtocols: sessions.handleProtocols,
});
server.on('connection', sessions.handleConnection);
await once(server, 'listening');
const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;

// The wait before a connection is made again is for peers that have many; this one has a client.
const ws = await connectWebSocket(url, { session: true, reconnect: { baseDelayMs: 50 } });

const answers: unknown[] = [];
for (let nth = 1; nth <= 3; nth += 1) await ws.send(`message ${nth}`);
for await (const message of ws) {
  answers.push(message);
  // The worst moment: what is on its way, both ways, is gone with the connection.
  for (const connection of server.clients) if (answers.length < 3) connection.terminate();
  if (answers.length === 3) break;
}
assert.deepEqual(answers, ['heard message 1', 'heard message 2', 'heard message 3']);

await sessions.close();
server.close();
console.log(answers);
