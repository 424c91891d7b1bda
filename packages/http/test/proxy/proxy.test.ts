import { connect as connectSocket } from 'node:net';
import { inspect } from 'node:util';
import { ManualClock } from '@linkspan/concurrency';
import { ConfigurationError, type LinkspanError } from '@linkspan/core';
import { describe, expect, it, vi } from 'vitest';
import { httpTransport } from '../../src/http-transport.ts';
import type { ProxyOption } from '@linkspan/core/wire';
import { startServer } from '../loopback-server.ts';
import { type RawConnection, type RawServer, startRawServer } from '../raw-server.ts';
import { pem, startTlsServer } from '../tls-server.ts';
import { contextOf, get, rejection, startTransport, textOf } from '../transport-call.ts';

const ca = pem('authority');

/** A proxy that opens tunnels, and answers what it is to forward itself. */
async function startProxy(): Promise<RawServer & { readonly asked: string[] }> {
  const asked: string[] = [];
  const server = await startRawServer(async (connection) => {
    await connection.request();
    asked.push(connection.received);
    if (connection.received.startsWith('CONNECT')) tunnel(connection);
    else connection.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nforwarded');
  });
  return Object.assign(server, { asked });
}

function tunnel({ received, socket }: RawConnection): void {
  const [, host = '', port = ''] = /^CONNECT (.*):(\d+) /.exec(received) ?? [];
  socket.removeAllListeners('data');
  const upstream = connectSocket(Number(port), host, () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(upstream).pipe(socket);
  });
  upstream.on('error', () => socket.destroy());
  socket.on('close', () => upstream.destroy());
}

const withUser = (url: string): string => url.replace('//', '//user:canary@');
const CREDENTIALS = `proxy-authorization: Basic ${btoa('user:canary')}`;

describe('proxy', () => {
  it('P29 takes plain requests whole, and alone learns its credentials', async () => {
    const proxy = await startProxy();
    const transport = startTransport({ proxy: withUser(proxy.url) });
    const target = 'http://somewhere.test/a?b=1';
    const headers = { 'x-a': '1', 'proxy-authorization': 'mine' };

    expect(await textOf(get(transport, target, {}, headers))).toBe('forwarded');
    expect(proxy.asked[0]).toMatch(
      /^GET http:\/\/somewhere\.test\/a\?b=1 HTTP\/1\.1\r\nhost: somewhere\.test\r\n/,
    );
    expect(proxy.asked[0]).toContain(`${CREDENTIALS}\r\n`);
    expect(proxy.asked[0]).toContain('x-a: 1\r\n');
    expect(proxy.asked[0]).not.toContain('mine');
  });

  it('P29 opens a tunnel for https, whose certificate is that of the target', async () => {
    const proxy = await startProxy();
    const origin = await startTlsServer((request, response) => {
      response.end(JSON.stringify(request.headers));
    });
    const proxied = { proxy: withUser(proxy.url), tls: { ca } };
    const text = await textOf(get(startTransport(proxied), `${origin.url}/`));

    expect(proxy.asked[0]).toMatch(/^CONNECT localhost:\d+ HTTP\/1\.1\r\n/);
    expect(proxy.asked[0]).toContain(CREDENTIALS);
    expect(text).not.toMatch(/proxy|canary/);
    expect(await rejection(get(startTransport({ proxy: proxy.url }), origin.url))).toMatchObject({
      code: 'tls_certificate',
    });
  });

  it('keeps a tunnel for the calls to come', async () => {
    const proxy = await startProxy();
    const origin = await startTlsServer((_request, response) => response.end('x'));
    const transport = startTransport({ proxy: proxy.url, tls: { ca } });
    await textOf(get(transport, origin.url));
    await textOf(get(transport, origin.url));

    expect(proxy.asked).toHaveLength(1);
    await transport.close();
    await proxy.connections[0]!.closed;
  });

  it('is chosen by the scheme of the target, and left out for noProxy', async () => {
    const proxy = await startProxy();
    const direct = await startServer((_request, response) => response.end('direct'));
    const transport = startTransport({
      proxy: { http: proxy.url, noProxy: ['127.0.0.1', '.internal.test'] },
    });

    expect(await textOf(get(transport, direct.url))).toBe('direct');
    expect(await textOf(get(transport, 'http://a.test/'))).toBe('forwarded');
  });

  it('is taken from the environment on request, and not without', async () => {
    const proxy = await startProxy();
    const direct = await startServer((_request, response) => response.end('direct'));
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('http_proxy', '');
    vi.stubEnv('no_proxy', undefined);
    vi.stubEnv('NO_PROXY', 'internal.test');

    expect(await textOf(get(startTransport(), direct.url))).toBe('direct');
    expect(await textOf(get(startTransport({ proxy: 'env' }), direct.url))).toBe('direct');
    vi.stubEnv('http_proxy', undefined);
    expect(await textOf(get(startTransport({ proxy: 'env' }), direct.url))).toBe('forwarded');
    vi.stubEnv('NO_PROXY', '127.0.0.0/8');
    expect(await textOf(get(startTransport({ proxy: 'env' }), direct.url))).toBe('direct');
    vi.unstubAllEnvs();
  });

  it.each([
    ['407', 'proxy_authentication', 'no', /wants other credentials \(407\)$/],
    ['403', 'proxy', 'no', /answered 403 to CONNECT$/],
    ['503', 'proxy', 'yes', /answered 503 to CONNECT$/],
  ])('tells of a tunnel that is refused with %s', async (status, code, retryable, message) => {
    const proxy = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    });
    const transport = startTransport({ proxy: withUser(proxy.url) });
    const error = (await rejection(get(transport, 'https://a.test/'))) as LinkspanError;

    expect(error).toMatchObject({ code, kind: 'network', retryable, sent: 'no' });
    expect(error.message).toMatch(message);
    expect(inspect(error, { depth: Infinity })).not.toMatch(/canary|dXNlcjp/);
    await proxy.connections[0]!.closed;
  });

  it.each([
    ['nobody listens', async () => 'http://127.0.0.1:1', 'proxy'],
    [
      'it hangs up',
      async () => (await startRawServer((connection) => connection.end())).url,
      'proxy',
    ],
  ])('tells of a proxy where %s', async (_name, start, code) => {
    const transport = startTransport({ proxy: await start() });

    expect(await rejection(get(transport, 'https://a.test/'))).toMatchObject({ code, sent: 'no' });
  });

  it('counts its silence against connectMs', async () => {
    const clock = new ManualClock();
    const proxy = await startRawServer(() => {});
    const transport = startTransport({ proxy: proxy.url, clock, connectMs: 700 });
    const promise = rejection(get(transport, 'https://a.test/'));
    await (await proxy.connection(0)).request();
    await clock.advance(700);

    expect(await promise).toMatchObject({ code: 'connect_timeout', clock: 'connectMs' });
    await proxy.connections[0]!.closed;
  });

  it('is left at once by a call that is aborted', async () => {
    const proxy = await startRawServer(() => {});
    const controller = new AbortController();
    const transport = startTransport({ proxy: proxy.url });
    const promise = rejection(get(transport, 'https://a.test/', { signal: controller.signal }));
    await (await proxy.connection(0)).request();
    controller.abort('mine');

    expect(await promise).toBe('mine');
    await proxy.connections[0]!.closed;
  });

  it('may itself be reached over TLS', async () => {
    const seen: string[] = [];
    const proxy = await startTlsServer((request, response) => {
      seen.push(request.url ?? '');
      response.end('forwarded');
    });
    proxy.server.on('connect', (request, socket) => {
      seen.push(request.url ?? '');
      socket.end('HTTP/1.1 403 No\r\n\r\n');
    });
    const transport = startTransport({ proxy: proxy.url, tls: { ca } });

    expect(await textOf(get(transport, 'http://a.test/'))).toBe('forwarded');
    expect(await rejection(get(transport, 'https://b.test/'))).toMatchObject({ code: 'proxy' });
    expect(seen).toEqual(['http://a.test/', 'b.test:443']);
  });

  it('sends bodies and redirects as without it', async () => {
    const proxy = await startRawServer(async (connection) => {
      for (let count = 1; ; count++) {
        // oxlint-disable-next-line no-await-in-loop -- one request after another
        await connection.request(count);
        connection.write(
          count === 1
            ? 'HTTP/1.1 302 Found\r\nlocation: /b\r\ncontent-length: 0\r\n\r\n'
            : 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nb',
        );
      }
    });
    const transport = startTransport({ proxy: proxy.url, redirect: { follow: 'all' } });
    const payload = { kind: 'value', value: { a: 1 } } as const;
    const response = transport.send(
      { operation: 'POST', target: 'http://a.test/a', payload },
      contextOf(),
    );

    expect(await textOf(response)).toBe('b');
    expect(proxy.connections[0]!.received).toContain('{"a":1}GET http://a.test/b HTTP/1.1');
  });

  it.each<[unknown, RegExp]>([
    [
      'socks5://user:canary@a.test',
      /proxy: expected the http or https URL of a proxy, found the scheme socks5/,
    ],
    [{ http: 'ftp://a.test' }, /found the scheme ftp/],
    [{ htp: 'http://a.test' }, /expected http, https and noProxy, found "htp"/],
    [5, /proxy: expected a URL, \{ http, https, noProxy \} or 'env', found/],
  ])('is refused when the transport is made: %j', (proxy, message) => {
    const make = () => httpTransport({ proxy: proxy as ProxyOption });

    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
    expect(make).not.toThrow(/canary/);
  });
});
