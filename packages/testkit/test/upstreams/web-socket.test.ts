import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type MockUpstreams, mockUpstreams } from '../../src/upstreams/mock-upstreams.ts';
import { startUpstreams } from './start-upstreams.ts';

function open({ webSocket }: MockUpstreams): WebSocket {
  const socket = new WebSocket(webSocket.url);
  onTestFinished(() => socket.terminate());
  return socket;
}

async function messagesOf(socket: WebSocket, count: number): Promise<[string, boolean][]> {
  const messages: [string, boolean][] = [];
  const { promise, resolve } = Promise.withResolvers<[string, boolean][]>();
  socket.on('message', (data: Buffer, isBinary) => {
    messages.push([data.toString(), isBinary]);
    if (messages.length === count) resolve(messages);
  });
  return await promise;
}

describe('upstreams.webSocket', () => {
  it('sends text back as text and bytes as bytes', async () => {
    const upstreams = await startUpstreams();
    const socket = open(upstreams);
    await once(socket, 'open');

    const text = messagesOf(socket, 1);
    socket.send('Berth 4');
    expect(await text).toEqual([['Berth 4', false]]);
    const bytes = messagesOf(socket, 1);
    socket.send(Buffer.from('4'));

    expect(await bytes).toEqual([['4', true]]);
    expect(upstreams.webSocket.requests).toMatchObject([{ method: 'GET', path: '/web-socket' }]);
  });

  it('answers messages by a function, now, later, or not at all', async () => {
    const upstreams = await startUpstreams();
    upstreams.webSocket.reply((message, { path }) => {
      if (message === 'later') return Promise.resolve(`${message} at ${path}`);
      return message === 'never' ? undefined : Buffer.from(message);
    });
    const socket = open(upstreams);
    await once(socket, 'open');

    const messages = messagesOf(socket, 2);
    for (const text of ['never', 'now', 'later']) socket.send(text);

    expect(await messages).toEqual([
      ['now', true],
      ['later at /web-socket', false],
    ]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new RangeError('There is no berth 9');
      },
    ],
    ['rejects', () => Promise.reject(new RangeError('There is no berth 9'))],
  ])('closes where a function of the author %s, and tells at its end', async (_how, replier) => {
    const upstreams = await mockUpstreams();
    upstreams.webSocket.reply(replier);
    const socket = open(upstreams);
    await once(socket, 'open');

    const closed = once(socket, 'close');
    socket.send('Berth 9');

    expect((await closed)[0]).toBe(1011);
    await expect(upstreams.close()).rejects.toThrow('There is no berth 9');
  });

  it('refuses the handshake with a status and a hint', async () => {
    const upstreams = await startUpstreams();
    upstreams.webSocket.stumble('overloaded', { retryAfterMs: 1000 });
    const socket = open(upstreams);
    socket.on('error', () => undefined);

    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> },
    ];

    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('1');
  });

  it('leaves a handshake open, and ends it when it is closed', async () => {
    const upstreams = await mockUpstreams();
    upstreams.webSocket.stumble('no-answer');
    const socket = open(upstreams);
    const failed = once(socket, 'error');
    await vi.waitUntil(() => upstreams.requests.length === 1);

    await upstreams.close();

    expect(String((await failed)[0])).toContain('socket hang up');
  });

  it('refuses the handshake where a function of the author throws', async () => {
    const upstreams = await mockUpstreams();
    upstreams.webSocket.stumble(() => {
      throw new RangeError('There is no berth 9');
    });
    const socket = open(upstreams);
    const failed = once(socket, 'error');

    expect(String((await failed)[0])).toContain('500');
    await expect(upstreams.close()).rejects.toThrow('There is no berth 9');
  });

  it.each([
    ['cut-stream', 1006],
    ['error-in-stream', 1011],
  ] as const)('%s closes it in the middle with %d', async (kind, code) => {
    const upstreams = await startUpstreams();
    upstreams.webSocket.stumble(kind, { afterEvents: 2 });
    const socket = open(upstreams);
    await once(socket, 'open');

    const messages = messagesOf(socket, 2);
    const closed = once(socket, 'close');
    for (const text of ['a', 'b', 'c']) socket.send(text);

    expect(await messages).toEqual([
      ['a', false],
      ['b', false],
    ]);
    expect((await closed)[0]).toBe(code);
  });
});
