import { Socket } from 'node:net';
import { connectWebSocket } from '@linkspan/websocket';
import { expect, it, vi } from 'vitest';
import { startServer } from '../start-server.ts';

it('takes what comes past the buffer of the socket, unless its reader is slow', async () => {
  const { url, sockets } = await startServer(() => {});
  await using ws = await connectWebSocket(url);
  const messages = ws[Symbol.asyncIterator]();
  const pushed = vi.spyOn(Socket.prototype, 'push');
  const waiting = messages.next();
  for (const socket of sockets) socket.send('at once');
  expect(await waiting).toEqual({ done: false, value: 'at once' });
  const port = Number(new URL(url).port);
  const ours = pushed.mock.contexts.filter((socket) => (socket as Socket).remotePort === port);
  expect(ours).toEqual([]);
});

it('loses and repeats nothing while its reader stops and goes on', async () => {
  const count = 3_000;
  const { url } = await startServer((socket) => {
    for (let index = 0; index < count; index += 1) {
      socket.send(JSON.stringify({ index, text: 'x'.repeat((index * 7919) % 5_000) }));
    }
    socket.close(1000);
  });
  const ws = await connectWebSocket<{ index: number }>(url);
  let next = 0;
  for await (const { index } of ws) {
    expect(index).toBe(next);
    next += 1;
    // oxlint-disable-next-line no-await-in-loop -- the reader is slow now and then
    if (index % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(next).toBe(count);
});
