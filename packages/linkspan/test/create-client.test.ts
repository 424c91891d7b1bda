import { ConfigurationError, createClient, createRegistry, memoryTransport } from 'linkspan';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mockUpstreams } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';

async function startJson(): Promise<string> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ path: request.url }));
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('createClient() of the umbrella', () => {
  it('P1 P3 makes a client over http by its name, with the options of both checked at once', async () => {
    const client = createClient({ transport: 'http', baseUrl: await startJson(), totalMs: 5_000 });
    onTestFinished(() => client.close());

    const response = await client.request({ path: '/users', params: { id: 1 } });

    expect(await response.json()).toEqual({ path: '/users?id=1' });
    expect(() => createClient({ transport: 'http', baseUrl: 'ftp://a', totalMs: -1 })).toThrow(
      /baseUrl[^]*totalMs/,
    );
  });

  it('C1 opens a channel over a WebSocket by its name', async () => {
    const upstreams = await mockUpstreams();
    onTestFinished(() => upstreams.close());
    const client = createClient({ transport: 'websocket', baseUrl: upstreams.webSocket.url });
    onTestFinished(() => client.close());

    const channel = await client.open({ operation: 'GET', target: upstreams.webSocket.url });
    await channel.send('hello');
    const { value } = await channel[Symbol.asyncIterator]().next();
    await channel.close();

    expect(value).toBe('hello');
  });

  it('P30 P31 chats through an SDK by its name and provider', async () => {
    const upstreams = await mockUpstreams();
    onTestFinished(() => upstreams.close());
    upstreams.openai.reply({ text: 'Berth 4.' });
    const client = createClient({
      transport: 'sdk',
      provider: 'openai',
      apiKey: 'key',
      baseUrl: upstreams.openai.baseUrl,
    });
    onTestFinished(() => client.close());

    const response = await client.request({
      operation: 'chat',
      target: 'small',
      payload: {
        kind: 'value',
        value: { model: 'small', messages: [{ role: 'user', content: 'Which berth?' }] },
      },
    });

    expect(await response.json()).toMatchObject({
      choices: [{ message: { content: 'Berth 4.' } }],
    });
  });

  it('P2 takes a transport that is there, and leaves it open', async () => {
    const transport = memoryTransport(() => ({ body: { ok: true } }));
    onTestFinished(() => transport.close());
    const client = createClient({ transport });
    await client.close();

    const again = createClient({ transport });

    const response = await again.request({ operation: 'GET', target: '/' });
    expect(await response.json()).toEqual({ ok: true });
  });

  it('R59 takes the transports of a registry of the program', async () => {
    const registry = createRegistry().register('answers', {
      create: ({ answer }: { readonly answer: string }) =>
        memoryTransport(() => ({ body: answer })),
    });
    const client = createClient({ registry, transport: 'answers', answer: '42' });
    onTestFinished(() => client.close());

    const response = await client.request({ operation: 'GET', target: '/' });

    expect(await response.text()).toBe('42');
  });

  it('P25 names the transports that there are', () => {
    const make = (): unknown => createClient({ transport: 'htp' } as never);

    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(
      "there is no transport 'htp'; available: http, websocket, sdk; did you mean 'http'?",
    );
  });
});

it('R13 gives every registry the built-in transports, and what is added to one stays there', () => {
  const first = createRegistry();
  first.register('feed', { create: () => memoryTransport(() => ({})) });

  expect(first.names()).toEqual(['http', 'websocket', 'sdk', 'feed']);
  expect(createRegistry().names()).toEqual(['http', 'websocket', 'sdk']);
});
