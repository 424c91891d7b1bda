import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { ManualClock } from '@linkspan/concurrency';
import { TransportRegistry } from '@linkspan/core';
import { ClientConfig, ClientManager } from '@linkspan/core/manager';
import { createHttpClient, httpTransportFactory } from '@linkspan/http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sendJson, startServer } from './loopback-server.ts';

const registry = new TransportRegistry().register('http', httpTransportFactory());

describe('ClientManager over HTTP', () => {
  it('C1 C4 C20 checks clients of both kinds, beside one whose peer is gone', async () => {
    const server = await startServer((request, response) => sendJson(response, request.url));
    await using manager = new ClientManager({ registry, env: {} })
      .register('made', { type: 'http', baseUrl: `${server.url}/v1` })
      .register('given', createHttpClient({ baseUrl: server.url }), { ownClient: true })
      // Nobody listens on the port of a reserved service.
      .register('gone', { type: 'http', baseUrl: 'http://127.0.0.1:9' });

    const { clients, healthy } = await manager.checkAll();

    expect(healthy).toBe(false);
    expect(clients['made']).toMatchObject({ type: 'http', state: 'connected' });
    expect(clients['given']).toMatchObject({ type: 'http', state: 'connected' });
    expect(clients['gone']).toMatchObject({
      state: 'error',
      lastError: { name: 'ConnectionRefusedError', kind: 'network', transport: 'http' },
    });
    expect(server.seen.map(({ method, url }) => `${method} ${url}`).toSorted()).toEqual([
      'HEAD /',
      'HEAD /v1',
    ]);
    expect(await (await manager.get('given').get('/a')).json()).toBe('/a');
    expect(await (await manager.get('made').request({ path: '/b' })).json()).toBe('/v1/b');
  });

  it('C15 C10 believes a server that fails, and one that is back, after some checks', async () => {
    let status = 200;
    const server = await startServer((_request, response) => response.writeHead(status).end());
    const states: string[] = [];
    await using manager = new ClientManager({
      registry,
      env: {},
      health: { downAfter: 2, upAfter: 2 },
      onStatusChange: ({ to }) => void states.push(to),
    });
    manager.register('api', { type: 'http', baseUrl: server.url });

    for (status of [200, 503, 503, 200, 200]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await manager.check('api');
    }

    expect(states).toEqual(['connected', 'error', 'connected']);
    expect(manager.status('api').lastError).toMatchObject({ status: 503, kind: 'http' });
  });

  it('C17 C13 gives up a check that is not answered, and frees its connection', async () => {
    const server = await startServer(() => {});
    const clock = new ManualClock();
    await using manager = new ClientManager({
      registry,
      clock,
      env: {},
      health: { intervalMs: 1_000, jitter: 0, timeoutMs: 500 },
    });
    manager.register('api', { type: 'http', baseUrl: server.url });

    await clock.advance(1_000);
    await vi.waitFor(() => expect(server.seen).toHaveLength(1));
    await clock.advance(500);

    expect(manager.status('api')).toMatchObject({
      state: 'error',
      lastError: { name: 'TimeoutError', limitMs: 500, elapsedMs: 500 },
    });
    await vi.waitFor(async () => expect(await server.connections()).toBe(0));
  });

  it('C30 C22 C25 C6 C11 makes one client for each service from the environment, keeps its connections, watches and closes it', async () => {
    const server = await startServer((request, response) =>
      sendJson(response, { url: request.url, key: request.headers['x-api-key'] }),
    );
    const env = {
      BILLING_TYPE: 'http',
      BILLING_BASE_URL: `${server.url}/billing`,
      BILLING_TIMEOUT: '5',
      BILLING_CONNECTIONS: '1',
      BILLING_HEADERS: 'x-api-key=canary-7',
    };
    const config = ClientConfig.fromEnv('BILLING_', {
      env,
      registry,
      envAliases: { totalMs: { name: 'BILLING_TIMEOUT', unit: 's' } },
    });
    const manager = new ClientManager({ registry, env: {} }).register('billing', config);
    const billing = manager.get('billing');

    expect((await manager.connectAll()).healthy).toBe(true);
    for (const path of ['/1', '/2', '/3']) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const answer = await (await billing.request({ operation: 'GET', target: path })).json();
      expect(answer).toEqual({ url: `/billing${path}`, key: 'canary-7' });
    }
    expect(await server.connections()).toBe(1);
    await manager.check('billing');

    expect(manager.status('billing')).toMatchObject({
      state: 'connected',
      calls: { successes: 3, failures: 0 },
      checks: { successes: 1, failures: 0 },
      responseTimeMs: expect.any(Number),
    });
    expect(config.explainConfig()).toMatchObject({
      totalMs: { value: 5_000, origin: 'environment', name: 'BILLING_TIMEOUT' },
      'http.connections': { value: 1, name: 'BILLING_CONNECTIONS' },
      baseUrl: { value: `${server.url}/billing` },
    });
    expect(JSON.stringify([config, manager.status()])).not.toContain('canary');
    await manager.close();
    await vi.waitFor(async () => expect(await server.connections()).toBe(0));
  });

  it('C24 C26 tells what is wrong with the options of the transport, by the names that they have in the block', () => {
    const manager = new ClientManager({ registry, env: {} });

    const register = () =>
      manager.register('api', {
        type: 'http',
        baseUrl: 'ftp://a.test',
        http: { connections: 0, redirect: { max: -1 }, tls: { rejectUnauthorised: false } },
      } as never);

    expect(register).toThrow(
      expect.objectContaining({
        issues: [
          expect.objectContaining({ option: 'baseUrl' }),
          expect.objectContaining({ option: 'http.connections' }),
          expect.objectContaining({ option: 'http.redirect.max' }),
          expect.objectContaining({ option: 'http.tls.rejectUnauthorised' }),
        ],
      }),
    );
  });

  it('C13 does not keep a process alive by its periodic checks', async () => {
    const program = `
      import { ClientManager } from '@linkspan/core/manager';
      import { createHttpClient } from '@linkspan/http';
      const manager = new ClientManager({ health: { intervalMs: 60_000 } });
      manager.register('api', createHttpClient({ baseUrl: 'http://127.0.0.1:9' }));
      process.stdout.write('registered ' + manager.size);`;
    const child = spawn(
      process.execPath,
      ['--conditions=@linkspan/source', '--input-type=module', '--eval', program],
      { cwd: new URL('..', import.meta.url), stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void child.kill());

    const [printed, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);

    expect([printed, status]).toEqual(['registered 1', 0]);
  });
});
