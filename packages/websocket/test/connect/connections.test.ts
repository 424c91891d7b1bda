import { createServer, type IncomingMessage, request as requestHttp } from 'node:http';
import { type AddressInfo, connect as connectSocket } from 'node:net';
import { inspect } from 'node:util';
import type { LinkspanError } from '@linkspan/core';
import type { AllowTarget, Lookup } from '@linkspan/core/wire';
import { faultServer } from '@linkspan/testkit';
import { connectWebSocket, type ConnectWebSocketOptions } from '@linkspan/websocket';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { echo, startServer } from '../start-server.ts';

/** Opens, says hello and hears it, and closes. */
async function greet(url: string, options: ConnectWebSocketOptions = {}): Promise<unknown> {
  await using ws = await connectWebSocket(url, options);
  await ws.send('hello');
  return (await ws[Symbol.asyncIterator]().next()).value;
}

const failureOf = async (call: Promise<unknown>): Promise<LinkspanError> =>
  await call.then(
    () => expect.fail('Expected a failure'),
    (error: unknown) => error as LinkspanError,
  );

/** A proxy that opens tunnels, unless it is told to answer otherwise. */
async function startProxy(refuse?: number): Promise<{ url: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((_request, response) => response.writeHead(400).end());
  server.on('connect', (request, socket, head) => {
    asked.push(request);
    socket.on('error', () => {});
    if (refuse !== undefined) {
      socket.end(`HTTP/1.1 ${refuse} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const upstream = connectSocket(Number(port), hostname.replace(/^\[|\]$/g, ''), () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('proxy', () => {
  it('opens a tunnel for ws, and alone learns its credentials', async () => {
    const { url, upgrades } = await startServer(echo);
    const proxy = await startProxy();
    const withUser = proxy.url.replace('//', '//user:canary@');

    expect(await greet(url, { proxy: withUser })).toBe('hello');
    expect(proxy.asked).toHaveLength(1);
    expect(proxy.asked[0]?.url).toBe(url.replace('ws://', ''));
    expect(proxy.asked[0]?.headers['proxy-authorization']).toBe(`Basic ${btoa('user:canary')}`);
    expect(JSON.stringify(upgrades[0]?.headers)).not.toContain('canary');
  });

  it('goes by scheme, and around what noProxy names', async () => {
    const { url } = await startServer(echo);
    const proxy = await startProxy();
    await greet(url, { proxy: { https: proxy.url } });
    await greet(url, { proxy: { http: proxy.url, noProxy: '127.0.0.0/8' } });
    expect(proxy.asked).toHaveLength(0);

    await greet(url, { proxy: { http: proxy.url } });
    expect(proxy.asked).toHaveLength(1);
  });

  it('checks the certificate of the target through the tunnel', async () => {
    await using server = await faultServer();
    const proxy = await startProxy();
    const url = server.url('websocket-close', { code: 1000 }, 'wss');
    const ca = server.tls.authority;
    const ws = await connectWebSocket(url, { proxy: proxy.url, tls: { ca } });
    await ws.closed;
    expect(proxy.asked).toHaveLength(1);

    expect(await failureOf(greet(url, { proxy: proxy.url }))).toMatchObject({
      code: 'tls_certificate',
      sent: 'no',
    });
  });

  it.each([
    [407, { code: 'proxy_authentication', retryable: 'no', sent: 'no' }],
    [502, { code: 'proxy', retryable: 'yes', sent: 'no' }],
  ])('tells that the proxy answered %i', async (status, found) => {
    const proxy = await startProxy(status);
    const proxyUrl = proxy.url.replace('//', '//user:canary@');
    const error = await failureOf(greet('ws://127.0.0.1:9', { proxy: proxyUrl }));

    expect(error).toMatchObject(found);
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('canary');
  });

  it('tells that the proxy cannot be reached', async () => {
    const error = await failureOf(greet('ws://example.test', { proxy: 'http://127.0.0.1:9' }));
    expect(error).toMatchObject({ code: 'proxy', retryable: 'yes', sent: 'no' });
  });
});

describe('tls', () => {
  it('accepts the authority that is named, and none that is not', async () => {
    await using server = await faultServer();
    const url = server.url('websocket-close', { code: 1000 }, 'wss');
    const ws = await connectWebSocket(url, { tls: { ca: server.tls.authority } });
    expect(await ws.closed).toMatchObject({ code: 1000 });

    expect(await failureOf(connectWebSocket(url))).toMatchObject({ code: 'tls_certificate' });
    const careless = await connectWebSocket(url, { tls: { rejectUnauthorized: false } });
    expect(await careless.closed).toMatchObject({ code: 1000 });
  });

  it('checks the name that it is told', async () => {
    await using server = await faultServer();
    const url = server.url('websocket-close', { code: 1000 }, 'wss');
    const tls = { ca: server.tls.authority, servername: 'elsewhere.test' };

    expect(await failureOf(connectWebSocket(url, { tls }))).toMatchObject({
      code: 'tls_certificate',
      retryable: 'no',
    });
  });
});

describe('allowTarget and lookup', () => {
  it.each(['127.0.0.1', '127.1', '0x7f000001', 'localhost'])(
    'keep a WebSocket from %s, however it is written, with no connection made',
    async (host) => {
      const { url, upgrades } = await startServer(echo);
      const isPublic: AllowTarget = ({ address }) => !/^(?:127\.|::1$)/.test(address);
      const error = await failureOf(
        greet(url.replace('127.0.0.1', host), { allowTarget: isPublic }),
      );

      expect(error).toMatchObject({ code: 'target_refused', retryable: 'no', sent: 'no' });
      expect(upgrades).toHaveLength(0);
    },
  );

  it('resolve names as the program says', async () => {
    const { url } = await startServer(echo);
    const lookup = vi.fn<Lookup>((_host, _options, callback) => callback(null, '127.0.0.1', 4));

    expect(await greet(url.replace('127.0.0.1', 'feed.internal'), { lookup })).toBe('hello');
    expect(lookup).toHaveBeenCalledOnce();
  });
});

it('leaves a server alone that is no WebSocket', async () => {
  const server = createServer((_request, response) => response.end('hello'));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const error = await failureOf(connectWebSocket(`ws://127.0.0.1:${port}`));

  expect(error).toMatchObject({ code: 'ws_handshake', kind: 'protocol', retryable: 'no' });
  expect(error.message).toContain('expected status 101, found 200');
  await new Promise((resolve) => {
    requestHttp({ port, agent: false }, (response) => response.resume().on('end', resolve)).end();
  });
  server.close();
});
