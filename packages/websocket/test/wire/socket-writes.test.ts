import { Socket } from 'node:net';
import { connectWebSocket } from '@linkspan/websocket';
import { expect, it, vi } from 'vitest';
import { startServer, type TestServer } from '../start-server.ts';
import { until } from '../until.ts';

/** A server that keeps what it is told, and never writes. */
async function startListener(
  options: { readonly perMessageDeflate?: boolean } = {},
): Promise<TestServer & { readonly told: readonly string[] }> {
  const told: string[] = [];
  const server = await startServer((socket) => {
    socket.on('message', (data) => told.push(String(data)));
  }, options);
  return { ...server, told };
}

function countWrites(): () => number {
  const prototype = Socket.prototype as unknown as Record<'_write' | '_writev', () => void>;
  const one = vi.spyOn(prototype, '_write');
  const several = vi.spyOn(prototype, '_writev');
  return () => one.mock.calls.length + several.mock.calls.length;
}

it('writes the small messages of one turn together, in their order', async () => {
  const { url, told } = await startListener();
  await using ws = await connectWebSocket(url);
  const writes = countWrites();
  const sent = Array.from({ length: 100 }, (_, index) => `message ${index}`);
  await Promise.all(sent.map((message) => ws.send(message)));
  await until(() => told.length === sent.length);

  expect(told).toEqual(sent);
  expect(writes()).toBe(1);
});

it('keeps the order of small messages and large ones', async () => {
  const { url, told } = await startListener();
  await using ws = await connectWebSocket(url);
  const sent = ['a', 'b'.repeat(100_000), 'c', 'd'.repeat(5_000), 'e'];
  await Promise.all(sent.map((message) => ws.send(message)));
  await until(() => told.length === sent.length);

  expect(told).toEqual(sent);
});

it('writes what was sent before a close in the same turn', async () => {
  const { url, told } = await startListener();
  const ws = await connectWebSocket(url);
  const sending = ws.send('last words');
  const closing = ws.close(1000, 'done');
  await Promise.all([sending, closing]);

  expect(told).toEqual(['last words']);
  expect(await ws.closed).toMatchObject({ by: 'caller', code: 1000 });
});

it('does not hold back what is compressed', async () => {
  const { url, told } = await startListener({ perMessageDeflate: true });
  await using ws = await connectWebSocket(url, { deflate: true });
  const sent = Array.from({ length: 10 }, (_, index) => `${index} ${'tide '.repeat(400)}`);
  await Promise.all(sent.map((message) => ws.send(message)));
  await until(() => told.length === sent.length);

  expect(told).toEqual(sent);
});
