import { once } from 'node:events';
import type { FaultId, FaultServer } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { startFaultServer } from './start-fault-server.ts';

/** What a client of the package `ws` meets. */
interface Seen {
  readonly messages: string[];
  readonly code: number;
  readonly error: string | undefined;
}

/** Connects, reads until the end, and tells. */
async function visit(
  server: FaultServer,
  id: FaultId,
  numbers: Readonly<Record<string, number>> = {},
  options: ClientOptions = {},
): Promise<Seen> {
  const socket = new WebSocket(server.url(id, numbers), options);
  const messages: string[] = [];
  let error: string | undefined;
  socket.on('message', (data) => messages.push(String(data)));
  socket.on('error', (failure: NodeJS.ErrnoException) => {
    error = `${failure.code ?? ''} ${failure.message}`.trim();
  });
  const code = await new Promise<number>((resolve) => {
    socket.on('close', resolve);
  });
  return { messages, code, error };
}

describe('a WebSocket of the fault server', () => {
  it('echoes text, bytes and fragments, answers pings, and closes', async () => {
    const server = await startFaultServer();
    const socket = new WebSocket(server.url('websocket-echo'), ['chat.v1', 'chat.v2']);
    await once(socket, 'open');
    const seen: string[] = [];
    socket.on('message', (data) => seen.push(String(data)));
    socket.send('text');
    socket.send(Buffer.alloc(70_000, 'x'));
    socket.send('frag', { fin: false });
    socket.send('ments', { fin: true });
    socket.ping('ping');
    await once(socket, 'pong');
    await expect.poll(() => seen.length).toBe(3);
    socket.close(4000, 'enough');
    const [code] = (await once(socket, 'close')) as [number];

    expect(socket.protocol).toBe('chat.v1');
    expect(seen).toEqual(['text', 'x'.repeat(70_000), 'fragments']);
    expect(code).toBe(4000);
    await server.idle();
  });

  it.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 4429, 4999])(
    'closes with %i behind its messages',
    async (code) => {
      const server = await startFaultServer();

      expect(await visit(server, 'websocket-close', { code, messages: 2 })).toEqual({
        messages: ['message 1', 'message 2'],
        code,
        error: undefined,
      });
      await server.idle();
    },
  );

  it.each<[FaultId, Readonly<Record<string, number>>, string[], number]>([
    ['websocket-close-empty', {}, ['message 1'], 1005],
    ['websocket-reset', { messages: 2 }, ['message 1', 'message 2'], 1006],
    ['websocket-fin', {}, ['message 1'], 1006],
  ])('ends as it says: %s', async (id, numbers, messages, code) => {
    const server = await startFaultServer();

    expect(await visit(server, id, numbers)).toMatchObject({ messages, code });
  });

  it('resets within a burst of messages', async () => {
    const server = await startFaultServer();
    const { messages, code } = await visit(server, 'websocket-reset-mid-burst', { messages: 50 });

    expect(messages).toHaveLength(50);
    expect(code).toBe(1006);
  });

  it.each<[FaultId, Readonly<Record<string, number>>, RegExp]>([
    ['upgrade-status', { status: 401 }, /401/],
    ['upgrade-status', { status: 503, retryAfter: 1 }, /503/],
    ['upgrade-ignored', {}, /200/],
    ['upgrade-reset', {}, /ECONNRESET/],
    ['upgrade-wrong-accept', {}, /Sec-WebSocket-Accept/i],
    ['upgrade-no-accept', {}, /Sec-WebSocket-Accept/i],
    ['upgrade-wrong-protocol', {}, /subprotocol/],
    ['upgrade-wrong-connection', {}, /Upgrade/i],
    ['upgrade-unknown-extension', {}, /extension/i],
    ['upgrade-deflate-window', { bits: 99 }, /Sec-WebSocket-Extensions/],
    ['websocket-close', { code: 1005 }, /invalid status code 1005/],
    ['websocket-close', { code: 1015 }, /invalid status code 1015/],
    ['websocket-close-one-byte', {}, /invalid payload length 1/],
    ['websocket-close-bad-utf8', {}, /UTF-?8/i],
    ['websocket-reserved-bit', { bits: 4 }, /RSV1/],
    ['websocket-reserved-bit', { bits: 1 }, /RSV2 and RSV3/],
    ['websocket-reserved-opcode', {}, /invalid opcode 3/],
    ['websocket-masked', {}, /MASK must be clear/],
    ['websocket-bad-utf8', {}, /UTF-?8/i],
    ['websocket-fragmented-ping', {}, /FIN must be set/],
    ['websocket-large-ping', {}, /invalid payload length 126/],
    ['websocket-continuation-first', {}, /invalid opcode 0/],
    ['websocket-text-within-message', {}, /invalid opcode 1/],
    ['websocket-deflated-unasked', {}, /RSV1/],
    ['websocket-garbage', {}, /RSV|opcode|invalid/i],
    ['websocket-announced-length', { exponent: 62 }, /payload length/],
    ['websocket-negative-length', {}, /payload length/],
    ['websocket-deflate-bomb', { mebibytes: 1 }, /Max payload size exceeded/],
    ['websocket-large-message', { bytes: 5000 }, /Max payload size exceeded/],
    ['websocket-endless-message', {}, /Max payload size exceeded/],
  ])('breaks the rules as it says: %s %o', async (id, numbers, error) => {
    const server = await startFaultServer();
    const options = {
      maxPayload: 4096,
      ...(id === 'websocket-deflated-unasked' ? { perMessageDeflate: false } : undefined),
    };

    expect((await visit(server, id, numbers, options)).error).toMatch(error);
    await server.idle();
  });

  it('sends fragments with a ping between them, which is allowed', async () => {
    const server = await startFaultServer();
    const socket = new WebSocket(server.url('websocket-fragments', { count: 4 }));
    const [[data], [ping]] = await Promise.all([once(socket, 'message'), once(socket, 'ping')]);
    socket.close(1000);
    await once(socket, 'close');

    expect([String(data), String(ping)]).toEqual(['aaaa', 'between']);
  });

  it('does not answer what it says that it does not answer', async () => {
    const server = await startFaultServer();
    const pinged = new WebSocket(server.url('websocket-no-pong'));
    await once(pinged, 'open');
    let pongs = 0;
    pinged.on('pong', () => (pongs += 1));
    pinged.ping();
    pinged.send('behind the ping');
    await once(pinged, 'message');
    const closed = new WebSocket(server.url('websocket-close-unanswered'));
    await once(closed, 'open');
    closed.close(1000);
    closed.terminate();
    const [code] = (await once(closed, 'close')) as [number];

    expect(pongs).toBe(0);
    expect(code).toBe(1006);
    pinged.terminate();
    await server.idle();
  });

  it('floods no faster than it is read', async () => {
    const server = await startFaultServer();
    const socket = new WebSocket(server.url('websocket-flood'));
    const seen = Promise.withResolvers<void>();
    let bytes = 0;
    socket.on('message', (data) => {
      bytes += (data as Buffer).byteLength;
      if (bytes > 1024 * 1024) seen.resolve();
    });
    await seen.promise;
    socket.terminate();
    await server.idle();

    expect(server.flooded).toBeGreaterThanOrEqual(1024 * 1024);
  });
});

describe('a bomb that a client takes', () => {
  it('holds what it says', async () => {
    const server = await startFaultServer();
    const socket = new WebSocket(server.url('websocket-deflate-bomb', { mebibytes: 2 }));
    const [data] = (await once(socket, 'message')) as [Buffer];
    socket.terminate();

    expect(data.byteLength).toBe(2 * 1024 * 1024);
  });
});

describe('a play that asks for frames later', () => {
  it('gets all of them, in order, however many were held', async () => {
    const server = await startFaultServer();
    const go = Promise.withResolvers<void>();
    const seen: string[] = [];
    const url = server.script(async (exchange) => {
      const socket = await exchange.openWebSocket();
      await go.promise;
      for (let frame = await socket.next(); seen.length < 3_000; frame = await socket.next()) {
        seen.push(String(frame?.payload));
      }
      await socket.closeProperly(1000);
    }, 'ws');
    const client = new WebSocket(url);
    await once(client, 'open');
    for (let index = 0; index <= 3_000; index++) client.send(`${index}`);
    go.resolve();
    await once(client, 'close');

    expect(seen).toEqual(Array.from({ length: 3_000 }, (_, index) => `${index}`));
  });
});
