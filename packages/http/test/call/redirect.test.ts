import { Deadline, ManualClock } from '@linkspan/concurrency';
import { ProtocolError, type TransportRequest } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { type LoopbackServer, startServer } from '../loopback-server.ts';
import { contextOf, get, rejection, startTransport, textOf } from '../transport-call.ts';

const SECRETS = {
  authorization: 'Bearer canary',
  cookie: 'a=canary',
  'proxy-authorization': 'Basic canary',
  'x-api-key': 'canary',
  'api-key': 'canary',
  'x-goog-api-key': 'canary',
  'x-some-header-of-mine': 'canary',
};

/** Sends every path but `/end` to where `location` says. */
const redirecting = (status: number, location: (url: string) => string | undefined) =>
  startServer(({ url, method, headers, body }, response) => {
    const to = /\/end(?:\?|$)/.test(url) ? undefined : location(url);
    if (to !== undefined) response.writeHead(status, { location: to }).end('moved');
    else response.end(JSON.stringify({ url, method, headers, body: body.toString() }));
  });

const landing = (): Promise<LoopbackServer> =>
  startServer((_request, response) => response.end('landed'));

describe('redirects', () => {
  it('give the answer the URL that they led to', async () => {
    const server = await redirecting(302, () => '/end?here=1#there');
    const other = await landing();
    const followed = await get(startTransport(), `${server.url}/a`);
    const direct = await get(startTransport(), `${other.url}/a`);

    expect(followed.url).toBe(`${server.url}/end?here=1`);
    expect(direct.url).toBeUndefined();
  });

  it('are the answer of a request that does not want them followed', async () => {
    const server = await redirecting(302, () => '/end');
    const transport = startTransport({ redirect: { follow: 'all' } });
    const request = transport.prepare({ url: `${server.url}/a`, redirect: false });
    const response = await transport.send(request, contextOf());

    expect(response).toMatchObject({ status: 302, headers: { location: '/end' } });
    expect(await textOf(response)).toBe('moved');
    expect(server.seen).toHaveLength(1);
  });

  it.each([301, 302, 303, 307, 308])('P29 a %i of a GET is followed', async (status) => {
    const server = await redirecting(status, () => '/end');
    const response = await get(startTransport(), `${server.url}/a`, {}, { 'x-mine': '1' });

    expect(response.status).toBe(200);
    expect(JSON.parse(await textOf(response))).toMatchObject({
      url: '/end',
      method: 'GET',
      headers: { 'x-mine': '1' },
    });
  });

  it('are not followed for streams, for requests with a body, or where they are switched off', async () => {
    const server = await redirecting(302, () => '/end');
    const post: TransportRequest = {
      operation: 'POST',
      target: server.url,
      payload: { kind: 'value', value: 1 },
    };
    const statuses = [
      await get(startTransport(), server.url, { streaming: true }),
      await startTransport().send(post, contextOf()),
      await get(startTransport({ redirect: false }), server.url),
      await get(startTransport({ redirect: { follow: false } }), server.url),
    ].map(({ status }) => status);

    expect(statuses).toEqual([302, 302, 302, 302]);
  });

  it.each([301, 302, 303])('after a %i a POST becomes a GET without its body', async (status) => {
    const server = await redirecting(status, () => '/end');
    const transport = startTransport({ redirect: { follow: 'all' } });
    const payload = { kind: 'value', value: 'canary' } as const;
    const response = await transport.send(
      { operation: 'POST', target: server.url, payload, headers: { 'content-language': 'de' } },
      contextOf(),
    );

    expect(server.seen[1]).toMatchObject({ method: 'GET', url: '/end' });
    expect(await textOf(response)).not.toMatch(/canary|content-(?:type|length|language)/);
  });

  it.each([307, 308])('after a %i a body that can be sent again is', async (status) => {
    const server = await redirecting(status, () => '/end');
    const transport = startTransport({ redirect: { follow: 'all' } });
    const send = (payload: NonNullable<TransportRequest['payload']>) =>
      transport.send({ operation: 'POST', target: server.url, payload }, contextOf());
    const once = async function* () {
      yield Buffer.from('x');
    };

    expect(await textOf(send({ kind: 'value', value: 1 }))).toMatch(/"body":"1"/);
    expect(await textOf(send({ kind: 'factory', open: once }))).toMatch(/"body":"x"/);
    expect(await rejection(send({ kind: 'stream', stream: once() }))).toMatchObject({
      code: 'redirect',
    });
  });

  it('N18 another origin gets no secret, nor does the first when it leads back', async () => {
    const servers: LoopbackServer[] = [];
    const home = await redirecting(302, (url) =>
      url === '/' ? `${servers[0]?.url}/away` : undefined,
    );
    const away = await redirecting(307, () => `${home.url}/end`);
    servers.push(away);
    await get(startTransport(), `${home.url}/`, {}, { ...SECRETS, accept: 'text/plain' });

    expect(JSON.stringify(home.seen[0])).toContain('canary');
    expect(JSON.stringify([away.seen, home.seen[1]])).not.toContain('canary');
    expect(away.seen[0]?.headers).toMatchObject({ accept: 'text/plain' });
    expect(home.seen[1]?.headers).toMatchObject({ accept: 'text/plain' });
  });

  it('N18 the same host under another name is another origin', async () => {
    const away = await landing();
    const server = await redirecting(302, () => away.url.replace('127.0.0.1', 'localhost'));
    const transport = startTransport();
    await textOf(get(transport, server.url, {}, SECRETS));

    expect(away.seen[0]?.headers).not.toHaveProperty('authorization');
  });

  it('do not use credentials that the location has', async () => {
    const server = await redirecting(
      302,
      (url) => `http://u:p@127.0.0.1:${new URL(url, 'http://x').searchParams.get('port')}/end`,
    );
    const { port } = new URL(server.url);
    await textOf(get(startTransport(), `${server.url}/?port=${port}`));

    expect(server.seen[1]).toMatchObject({ url: '/end' });
    expect(server.seen[1]?.headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['row 43 a loop of one', (url: string) => url, /leads back/],
    ['row 43 a loop of two', (url: string) => (url === '/a' ? '/b' : '/a'), /leads back/],
    ['row 43 endless hops', (url: string) => `${url}x`, /more than 5 redirects \(redirect.max\)$/],
    ['row 43 a location that is no URL', () => 'http://[', /302 without a location/],
    ['a location of another scheme', () => 'file:///etc/passwd', /302 without a location/],
  ])('%s fails', async (_name, location, message) => {
    const server = await redirecting(302, location);
    const error = await rejection(get(startTransport(), `${server.url}/a`));

    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code: 'redirect', retryable: 'no' });
    expect(error).toHaveProperty('message', expect.stringMatching(message));
  });

  it('row 43 no location fails, and leaves no connection busy', async () => {
    const server = await startServer((_request, response) => response.writeHead(302).end('x'));
    const transport = startTransport();

    expect(await rejection(get(transport, server.url))).toMatchObject({ code: 'redirect' });
    expect(transport.stats()[0]).toMatchObject({ size: 0 });
  });

  it('P29 stop at redirect.max', async () => {
    const server = await redirecting(302, (url) => `${url}x`);
    const transport = startTransport({ redirect: { max: 2 } });

    expect(await rejection(get(transport, `${server.url}/`))).toMatchObject({ code: 'redirect' });
    expect(server.seen.map(({ url }) => url)).toEqual(['/', '/x', '/xx']);
  });

  it('run within one deadline and one attemptMs', async () => {
    const clock = new ManualClock();
    const server = await startServer(({ url }, response) => {
      if (url === '/') response.writeHead(302, { location: '/slow' }).end();
    });
    const promise = rejection(
      get(startTransport({ clock, connectMs: Infinity }), `${server.url}/`, {
        deadline: Deadline.never(clock),
        attemptMs: 1_000,
      }),
    );
    await expect.poll(() => server.seen.length).toBe(2);
    await clock.advance(1_000);

    expect(await promise).toMatchObject({ clock: 'attemptMs' });
  });

  it('lead out of the base URL, which binds the caller alone', async () => {
    const away = await landing();
    const server = await redirecting(302, () => away.url);
    const transport = startTransport({ baseUrl: `${server.url}/v1` });

    expect(await textOf(get(transport, '/a'))).toBe('landed');
  });
});
