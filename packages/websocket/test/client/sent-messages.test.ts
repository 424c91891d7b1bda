import { ManualClock } from '@linkspan/concurrency';
import type { LinkspanError } from '@linkspan/core';
import { connectWebSocket, type ReconnectNotice } from '@linkspan/websocket';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { startServer } from '../start-server.ts';
import { collect, until } from '../until.ts';

/** Waits for nothing between attempts. */
const atOnce = { baseDelayMs: 0, maxDelayMs: 0 };

describe('what is sent around a connection that breaks', () => {
  it('is sent again by nobody, and told as unconfirmed when it may have been lost', async () => {
    const heard: string[] = [];
    const { url } = await startServer((socket, _request, count) => {
      socket.on('message', (data) => {
        heard.push(`${count}: ${String(data)}`);
        if (String(data) === 'two') socket.terminate();
        if (String(data) === 'last') socket.close(1000);
      });
    });
    const notices: ReconnectNotice[] = [];
    const ws = await connectWebSocket(url, {
      messages: 'text',
      reconnect: { ...atOnce, onReconnect: (notice) => void notices.push(notice) },
    });
    await ws.send('one');
    await ws.send('two');
    await until(() => notices.length === 1);
    await ws.send('last');
    await ws.closed;

    expect(heard).toEqual(['1: one', '1: two', '2: last']);
    expect(notices[0]).toMatchObject({ unconfirmed: ['one', 'two'], attempt: 1 });
  });

  it('is told at the end where there is no onReconnect', async () => {
    const { url } = await startServer((socket, _request, count) => {
      socket.on('message', () => (count < 3 ? socket.terminate() : socket.close(1000)));
    });
    const ws = await connectWebSocket(url, { reconnect: atOnce });
    for (const message of ['one', 'two', 'three']) {
      // oxlint-disable-next-line no-await-in-loop -- one connection after another
      await until(() => ws.status === 'open');
      // oxlint-disable-next-line no-await-in-loop -- as above
      await ws.send(message);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await until(() => ws.status !== 'open');
    }

    expect(await ws.closed).toMatchObject({ unconfirmed: ['one', 'two', 'three'] });
  });

  it('is not told when a pong has confirmed it', async () => {
    let server: WebSocket | undefined;
    const { url } = await startServer((socket) => {
      server = socket;
    });
    const clock = new ManualClock();
    const ws = await connectWebSocket(url, { clock });
    await ws.send('confirmed');
    const ponged = new Promise((resolve) => {
      server?.once('ping', resolve);
    });
    await clock.advance(20_000);
    await ponged;
    await ws.send('unconfirmed');
    // The pong is before this message on the way back.
    server?.send('read on');
    expect((await ws[Symbol.asyncIterator]().next()).value).toBe('read on');
    server?.terminate();

    expect(await ws.closed).toMatchObject({ unconfirmed: ['unconfirmed'], unsent: [] });
  });

  it('waits for the next connection, behind what onReconnect sends', async () => {
    const heard: string[] = [];
    const { url } = await startServer((socket, _request, count) => {
      if (count === 1) socket.terminate();
      socket.on('message', (data) => heard.push(String(data)));
    });
    const subscribed = Promise.withResolvers<undefined>();
    const ws = await connectWebSocket(url, {
      reconnect: {
        ...atOnce,
        onReconnect: async ({ send }) => {
          send({ subscribe: 'news' });
          await subscribed.promise;
        },
      },
    });
    await until(() => ws.status === 'reconnecting');
    await ws.send('while away');
    await until(() => heard.length === 1);
    await ws.send('while subscribing');
    subscribed.resolve(undefined);
    await until(() => heard.length === 3);
    await ws.close();

    expect(heard).toEqual(['{"subscribe":"news"}', 'while away', 'while subscribing']);
  });

  it('makes senders wait when too much waits, and rejects them when it is over', async () => {
    const { url, close } = await startServer((socket) => socket.send('hello'));
    const ws = await connectWebSocket(url, {
      highWaterMessages: 2,
      reconnect: { baseDelayMs: 60_000, maxDelayMs: 60_000 },
      random: () => 0.9,
    });
    await close();
    await until(() => ws.status === 'reconnecting');
    await ws.send('a');
    await ws.send('b');
    const controller = new AbortController();
    const waiting = ws.send('c');
    const taken = ws.send('d', { signal: controller.signal });
    controller.abort('taken back');
    await expect(taken).rejects.toBe('taken back');
    await ws.close();

    await expect(waiting).rejects.toMatchObject({ kind: 'closed', sent: 'no' });
    expect(await ws.closed).toMatchObject({ unsent: ['a', 'b'], unconfirmed: [] });
  });

  it('fails with what onReconnect throws', async () => {
    const { url } = await startServer((socket, _request, count) => {
      if (count === 1) socket.terminate();
    });
    const failure = new Error('no such topic');
    const ws = await connectWebSocket(url, {
      reconnect: {
        ...atOnce,
        onReconnect: () => {
          throw failure;
        },
      },
    });

    await expect(collect(ws)).rejects.toBe(failure);
    const error = (await ws.send('x').catch((thrown: unknown) => thrown)) as LinkspanError;
    expect(error.cause).toBe(failure);
  });
});
