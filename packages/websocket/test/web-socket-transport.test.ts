import { inspect } from 'node:util';
import { Deadline } from '@linkspan/concurrency';
import {
  type CallContext,
  createClient,
  LinkspanError,
  memoryTransport,
  openChannel,
  StatusError,
  TransportRegistry,
} from '@linkspan/core';
import { ClientManager } from '@linkspan/core/manager';
import { faultServer } from '@linkspan/testkit';
import { webSocketTransport, webSocketTransportFactory } from '@linkspan/websocket';
import { describe, expect, it } from 'vitest';
import { echo, startServer } from './start-server.ts';
import { collect, until } from './until.ts';

const context: CallContext = {
  signal: undefined,
  deadline: Deadline.unlimited,
  attempt: 1,
  streaming: true,
  attemptMs: Infinity,
  idleMs: Infinity,
  acceptStatus: (status) => status < 400,
};

const textOf = (part: unknown): string =>
  typeof part === 'string' ? part : new TextDecoder().decode(part as Uint8Array);

describe('webSocketTransport()', () => {
  it('R2 connects, sends, receives and disconnects over one channel, and again does no harm', async () => {
    const { url, sockets } = await startServer(echo);
    const client = createClient({ transport: webSocketTransport({ baseUrl: url }), env: {} });
    await client.connect();
    const channel = await openChannel(client, { operation: 'OPEN', target: '/chat' });
    const messages = channel[Symbol.asyncIterator]();
    await channel.send({ hello: 'world' });
    await channel.send('text');
    await channel.send(Uint8Array.of(1, 2));

    expect(channel.status).toBe(101);
    expect((await messages.next()).value).toBe('{"hello":"world"}');
    expect((await messages.next()).value).toBe('text');
    expect(new Uint8Array((await messages.next()).value as Uint8Array)).toEqual(
      Uint8Array.of(1, 2),
    );

    await channel.close(1000, 'done');
    await channel.close();
    await client.close();
    await client.close();
    await until(() => sockets.size === 0);
  });

  it('C1 is called as every other transport is: by name, with one kind of request and answer', async () => {
    const { url } = await startServer((socket, request) => {
      socket.send(`over a socket: ${request.url}`);
      socket.close(1000);
    });
    const registry = new TransportRegistry()
      .register('websocket', webSocketTransportFactory())
      .register('memory', {
        settings: {},
        create: () => memoryTransport(({ target }) => ({ body: `in memory: ${target}` })),
      });
    const told: string[] = [];
    for (const transport of ['websocket', 'memory'] as const) {
      const baseUrl = transport === 'websocket' ? { baseUrl: url } : {};
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await using client = createClient({ registry, transport, env: {}, ...baseUrl } as never);
      // oxlint-disable-next-line no-await-in-loop -- as above
      const response = await client.send(
        { operation: 'GET', target: '/news' },
        { ...context, acceptStatus: () => true },
      );
      // oxlint-disable-next-line no-await-in-loop -- as above
      told.push((await collect(response.body)).map((part) => textOf(part)).join(''));
    }

    expect(told).toEqual(['over a socket: /news', 'in memory: /news']);
  });

  it('C1 is managed and checked beside clients of other transports', async () => {
    const { url, close } = await startServer(echo);
    const registry = new TransportRegistry().register('websocket', webSocketTransportFactory());
    await using manager = new ClientManager({ registry });
    manager
      .register('feed', { type: 'websocket', baseUrl: url })
      .register('memory', createClient({ transport: memoryTransport(() => ({})), env: {} }));

    expect(await manager.check('feed')).toMatchObject({ state: 'connected' });
    await close();
    expect((await manager.check('feed')).lastError?.message).toContain('nobody listens');
  });

  it('tells the code and the reason of the end in `closed`', async () => {
    const { url } = await startServer((socket) => socket.close(1000, 'that was all'));
    const client = createClient({ transport: webSocketTransport(), env: {} });
    const channel = await client.open({ operation: 'OPEN', target: url });

    expect(await collect(channel)).toEqual([]);
    expect(await channel.closed).toEqual({ by: 'peer', code: 1000, reason: 'that was all' });
    await client.close();
  });

  it('closes with the code and the reason of the channel', async () => {
    const closed: unknown[] = [];
    const { url } = await startServer((socket) => {
      socket.on('close', (code, reason) => closed.push([code, String(reason)]));
    });
    await using client = createClient({ transport: webSocketTransport(), env: {} });
    const channel = await client.open({ operation: 'OPEN', target: url });
    await channel.close(4001, 'enough');

    expect(closed).toEqual([[4001, 'enough']]);
  });

  it('does not let the peer take a payload that broke off for a whole one', async () => {
    const codes: number[] = [];
    const { url } = await startServer((socket) => {
      socket.on('close', (code) => codes.push(code));
    });
    const transport = webSocketTransport();
    const broken = async function* (): AsyncGenerator<string> {
      yield 'half';
      throw new Error('Disk gone');
    };
    const { body } = await transport.send(
      { operation: 'SEND', target: url, payload: { kind: 'stream', stream: broken() } },
      context,
    );

    await expect(body.collect()).rejects.toMatchObject({ code: 'body_source', sent: 'maybe' });
    await until(() => codes.length > 0);
    expect(codes).toEqual([1006]);
    await transport.close();
  });

  it('sends a value as one message, and stays open for what comes back', async () => {
    const { url } = await startServer((socket) => {
      socket.on('message', (data) => {
        for (let count = 0; count < 3; count++) socket.send(`${String(data)} ${count}`);
        socket.close(1000);
      });
    });
    await using client = createClient({ transport: webSocketTransport(), env: {} });
    const { body } = await client.send(
      { operation: 'SUBSCRIBE', target: url, payload: { kind: 'value', value: { topic: 'x' } } },
      context,
    );

    expect(await collect(body)).toEqual(['{"topic":"x"} 0', '{"topic":"x"} 1', '{"topic":"x"} 2']);
  });

  it('gives an upgrade that is refused as an answer, which a client makes an error of', async () => {
    const { url } = await startServer(() => {}, {
      verifyClient: (_info, answer) => answer(false, 403, 'no entry', { 'x-why': 'closed' }),
    });
    const transport = webSocketTransport();
    const { status, headers, body } = await transport.send(
      { operation: 'OPEN', target: url },
      context,
    );
    expect([status, headers['x-why'], textOf((await body.collect())[0])]).toEqual([
      403,
      'closed',
      'no entry',
    ]);
    await transport.close();

    await using client = createClient({ transport: webSocketTransport(), env: {} });
    await expect(client.open({ operation: 'OPEN', target: url })).rejects.toBeInstanceOf(
      StatusError,
    );
  });

  it('refreshes credentials for a channel, whose messages were not sent yet', async () => {
    const { url } = await startServer(echo, {
      verifyClient: ({ req }, answer) =>
        answer(req.headers.authorization === 'Bearer new', 401, 'stale'),
    });
    const transport = webSocketTransport({ auth: { bearer: 'old', refresh: () => 'new' } });
    await using client = createClient({ transport, ownTransport: true, env: {} });
    await using channel = await client.open({ operation: 'OPEN', target: url });
    await channel.send('hello');

    expect((await channel[Symbol.asyncIterator]().next()).value).toBe('hello');
  });

  it.each([
    ['a server that is no WebSocket', 200],
    ['a refusal', 403],
    ['a breach of the handshake', 101],
  ])('shows no credential and no query in the failure of %s', async (_what, status) => {
    await using server = await faultServer();
    const fault = status === 101 ? 'upgrade-wrong-accept' : 'upgrade-status';
    const url = server.url(fault, status === 101 ? {} : { status });
    await using client = createClient({
      transport: webSocketTransport({
        auth: { bearer: 'canary-bearer' },
        headers: { 'x-api-key': 'canary-key' },
      }),
      ownTransport: true,
      env: {},
    });
    const error: unknown = await client
      .open({ operation: 'OPEN', target: `${url}?key=canary-query` })
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(LinkspanError);
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('canary');
    expect(JSON.stringify(error)).not.toContain('canary');
  });

  it('takes subprotocols of one call from its headers', async () => {
    const { url, upgrades } = await startServer(echo);
    await using client = createClient({
      transport: webSocketTransport({ subprotocols: ['common'] }),
      env: {},
    });
    const open = (headers?: Record<string, string>): Promise<unknown> =>
      client.open({ operation: 'OPEN', target: url, ...(headers && { headers }) });
    await open();
    await open({ 'sec-websocket-protocol': 'own.v2, own.v1' });

    expect(upgrades.map(({ headers }) => headers['sec-websocket-protocol'])).toEqual([
      'common',
      'own.v2,own.v1',
    ]);
    await expect(open({ 'sec-websocket-protocol': 'a b' })).rejects.toThrow(/tokens of RFC 9110/);
  });

  it.each([
    ['sec-websocket-key', 'x'],
    ['upgrade', 'h2c'],
    ['transfer-encoding', 'chunked'],
    ['x-split', 'a\r\nb'],
    ['x split', 'a'],
  ])('refuses the header %j before a connection is made', async (name, value) => {
    const { url, upgrades } = await startServer(echo);
    const transport = webSocketTransport();
    const call = transport.send(
      { operation: 'OPEN', target: url, headers: { [name]: value } },
      context,
    );

    await expect(call).rejects.toMatchObject({ kind: 'config', sent: 'no' });
    expect(upgrades).toHaveLength(0);
    await transport.close();
  });

  it.each(['//evil.test/x', 'wss://evil.test', '/../../up', 'http://127.0.0.1'])(
    'lets no target lead away from its base URL: %s',
    async (target) => {
      const transport = webSocketTransport({ baseUrl: 'ws://127.0.0.1:9/base' });
      const call = transport.send({ operation: 'OPEN', target }, context);

      await expect(call).rejects.toMatchObject({ kind: 'config' });
      await transport.close();
    },
  );

  it('agrees on compression only where it is asked for', async () => {
    const { url, upgrades } = await startServer(echo, { perMessageDeflate: { threshold: 0 } });
    for (const deflate of [false, true]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await using client = createClient({ transport: webSocketTransport({ deflate }), env: {} });
      // oxlint-disable-next-line no-await-in-loop -- as above
      const channel = await client.open({ operation: 'OPEN', target: url });
      // oxlint-disable-next-line no-await-in-loop -- as above
      await channel.send('a'.repeat(5_000));
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect((await channel[Symbol.asyncIterator]().next()).value).toBe('a'.repeat(5_000));
    }

    expect(upgrades.map(({ headers }) => headers['sec-websocket-extensions'])).toEqual([
      undefined,
      expect.stringContaining('permessage-deflate'),
    ]);
  });

  it('probes by opening and leaving', async () => {
    const { url, sockets } = await startServer(echo);
    const transport = webSocketTransport({ baseUrl: url });
    await transport.probe(context);
    await until(() => sockets.size === 0);
    await transport.close();

    await expect(webSocketTransport().probe(context)).rejects.toThrow(/no baseUrl/);
  });

  it('takes a server that fails for none that is well, and a refusal for a sign of life', async () => {
    let status = 503;
    const { url } = await startServer(() => {}, {
      verifyClient: (_info, answer) => answer(false, status, 'no'),
    });
    await using transport = webSocketTransport({ baseUrl: url });

    await expect(transport.probe(context)).rejects.toMatchObject({ status: 503, kind: 'http' });
    status = 401;
    await transport.probe(context);
  });
});
