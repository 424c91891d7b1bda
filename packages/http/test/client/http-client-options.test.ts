import { ConfigurationError } from '@linkspan/core';
import { createHttpClient } from '@linkspan/http';
import { describe, expect, it } from 'vitest';
import { sendJson, startServer } from '../loopback-server.ts';

describe('options of createHttpClient()', () => {
  it('lets the headers of a call replace those of the client, in any case', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    await using client = createHttpClient({
      baseUrl: server.url,
      headers: { 'X-Mode': 'client', ACCEPT: 'text/plain' },
    });

    await using response = await client.get('/', { headers: { 'x-mode': 'call' } });

    expect(response.status).toBe(200);
    expect(server.seen[0]?.headers).toMatchObject({ 'x-mode': 'call', accept: 'text/plain' });
  });

  it('N18 sends nothing to another origin than its base', async () => {
    const evil = await startServer((_request, response) => response.end());
    const server = await startServer((_request, response) => response.end());
    await using client = createHttpClient({ baseUrl: server.url, auth: { bearer: 'canary' } });
    const host = evil.url.slice('http:'.length);

    const targets = [evil.url, host, host.replaceAll('/', '\\'), `/\\${host.slice(2)}`];
    const failures = await Promise.all(
      targets.map((target) => client.get(target).catch((error: unknown) => error)),
    );

    for (const failure of failures) expect(failure).toBeInstanceOf(ConfigurationError);
    expect(evil.seen).toEqual([]);
  });

  it('N18 refuses what could end a header before a byte is sent', async () => {
    const server = await startServer((_request, response) => response.end());
    await using client = createHttpClient({ baseUrl: server.url });

    await expect(client.get('/', { headers: { 'x-a': 'b\r\nx-evil: 1' } })).rejects.toThrow(
      ConfigurationError,
    );
    await expect(client.get('/a\r\nx-evil: 1')).rejects.toThrow(ConfigurationError);
    expect(server.seen).toEqual([]);
  });

  it('N19 names itself, unless told otherwise', async () => {
    const server = await startServer((_request, response) => response.end());
    await using client = createHttpClient({ baseUrl: server.url });
    await using named = createHttpClient({
      baseUrl: server.url,
      headers: { 'User-Agent': 'mine/2' },
    });

    await (await client.get('/')).cancel();
    await (await named.get('/')).cancel();

    expect(server.seen[0]?.headers['user-agent']).toMatch(/^linkspan\/\d+\.\d+\.\d+/);
    expect(server.seen[1]?.headers['user-agent']).toBe('mine/2');
  });

  it('keeps no cookies', async () => {
    const server = await startServer((_request, response) =>
      response.writeHead(200, { 'set-cookie': 'session=1' }).end(),
    );
    await using client = createHttpClient({ baseUrl: server.url });

    await (await client.get('/')).cancel();
    await (await client.get('/')).cancel();

    expect(server.seen[1]?.headers).not.toHaveProperty('cookie');
  });

  it('U1 R14 tells every problem of its options at once', () => {
    const make = (): unknown =>
      createHttpClient({
        baseUrl: 'ftp://h',
        conections: 5,
        totalMs: '5',
        slowMs: -1,
        auth: { bearer: '' },
        headers: { 'a b': 'c' },
        retry: { maxRetries: -1 },
      } as never);

    expect(make).toThrow(ConfigurationError);
    for (const name of ['baseUrl', 'conections', 'totalMs', 'slowMs', 'auth', 'headers', 'retry']) {
      expect(make).toThrow(new RegExp(`\\b${name}`));
    }
  });

  it('E15 P24 takes options from arguments, config and environment, in this order', async () => {
    await using client = createHttpClient({
      connections: 1,
      config: { connections: 2, queueMs: 3_000, auth: { bearer: 'canary' } },
      env: {
        APP_CONNECTIONS: '4',
        APP_QUEUE_MS: '5',
        APP_BASE_URL: 'http://h/v1',
        APP_MAX_RETRIES: '6',
        OLD_TIMEOUT: '7',
      },
      envPrefix: 'APP_',
      envAliases: { totalMs: { name: 'OLD_TIMEOUT', unit: 's' } },
    });

    const explained = client.explainConfig();

    expect(explained).toMatchObject({
      connections: { value: 1, origin: 'argument' },
      queueMs: { value: 3_000, origin: 'argument' },
      baseUrl: { value: 'http://h/v1', origin: 'environment', name: 'APP_BASE_URL' },
      'retry.maxRetries': { value: 6, origin: 'environment', name: 'APP_MAX_RETRIES' },
      totalMs: { value: 7_000, origin: 'environment', name: 'OLD_TIMEOUT' },
      idleMs: { value: 60_000, origin: 'default' },
    });
    expect(JSON.stringify(explained)).not.toContain('canary');
  });

  it('P22 takes timeout as another name of totalMs', async () => {
    const server = await startServer(() => undefined);
    await using client = createHttpClient({ baseUrl: server.url, timeout: 20 });

    await expect(client.get('/')).rejects.toMatchObject({ clock: 'totalMs', limitMs: 20 });
  });
});
