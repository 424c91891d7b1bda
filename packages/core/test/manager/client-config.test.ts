import { inspect } from 'node:util';
import { createClient, memoryTransport, secret, type TransportRequest } from '@linkspan/core';
import { ClientConfig, ClientManager } from '@linkspan/core/manager';
import { describe, expect, it } from 'vitest';
import { issuesOf, wires } from './config-scene.ts';

const get: TransportRequest = { operation: 'GET', target: '/' };

describe('ClientConfig', () => {
  it('C25 P23 is made of variables behind a prefix, those of the transport too', async () => {
    const { registry } = wires();
    const env = {
      BILLING_TYPE: 'http',
      BILLING_BASE_URL: 'https://billing.example.com',
      BILLING_TOTAL_MS: '30000',
      BILLING_MAX_RETRIES: '5',
      BILLING_CONNECTIONS: '9',
      BILLING_TLS_CA: 'pem',
      BILLING_HEADERS: 'X-Team=harbour,authorization=Bearer%20abc',
      BILLING_METADATA: 'region=north',
      LINKSPAN_TOTAL_MS: '1',
    };

    const config = ClientConfig.fromEnv('BILLING_', { env, registry });
    const manager = new ClientManager({ registry, env: {} });
    const client = manager.register('billing', config).get('billing');

    expect(config.type).toBe('http');
    expect(config.metadata).toEqual({ region: 'north' });
    expect(config.settings).toMatchObject({ totalMs: 30_000, retry: { maxRetries: 5 } });
    expect(await (await client.request(get)).json()).toEqual({
      options: { baseUrl: 'https://billing.example.com', connections: 9, tls: { ca: 'pem' } },
      headers: { 'x-team': 'harbour', authorization: 'Bearer abc' },
    });
  });

  it('C25 reads the block of a transport where the registry comes with the manager', async () => {
    const { registry } = wires();
    const env = { A_TYPE: 'http', A_CONNECTIONS: '3' };
    const config = ClientConfig.fromEnv('A_', { env });

    const manager = new ClientManager({ registry, env: {} }).register('a', config);

    expect(await (await manager.get('a').request(get)).json()).toMatchObject({
      options: { connections: 3 },
    });
  });

  it('C25 keeps to the variables that it was made of', async () => {
    const { registry } = wires();
    const env: Record<string, string> = { A_TYPE: 'http', A_CONNECTIONS: '3' };
    const config = ClientConfig.fromEnv('A_', { env, registry });
    env['A_CONNECTIONS'] = 'changed';

    const manager = new ClientManager({ registry, env: {} }).register('a', config);

    expect(manager.explainConfig('a')['http.connections']?.value).toBe(3);
  });

  it('C22 C25 P22 reads older names; those that are documented in seconds stay seconds', () => {
    const env = { API_TYPE: 'http', API_TIMEOUT: '30', API_RETRIES: '3', API_RETRY_DELAY: '1.5' };

    const { settings } = ClientConfig.fromEnv('API_', {
      env,
      envAliases: {
        totalMs: { name: 'API_TIMEOUT', unit: 's' },
        'retry.maxRetries': 'API_RETRIES',
        'retry.baseDelayMs': { name: 'API_RETRY_DELAY', unit: 's' },
      },
    });

    expect(settings).toMatchObject({
      totalMs: 30_000,
      retry: { maxRetries: 3, baseDelayMs: 1_500 },
    });
  });

  it('C25 P24 tells where each value came from', () => {
    const { registry } = wires();
    const env = { LINKSPAN_CONNECTIONS: '9', LINKSPAN_TOTAL_MS: '7' };

    const config = ClientConfig.from({ type: 'http', totalMs: 5 }, { env, registry });

    expect(config.explainConfig()).toMatchObject({
      type: { value: 'http', origin: 'argument' },
      totalMs: { value: 5, origin: 'argument' },
      'http.connections': { value: 9, origin: 'environment', name: 'LINKSPAN_CONNECTIONS' },
      idleMs: { value: 60_000, origin: 'default' },
    });
    expect(config.toJSON()).toEqual({ type: 'http', totalMs: 5, 'http.connections': 9 });
  });

  it('C25 P24 tells it of every client of a manager', () => {
    const { registry } = wires();
    const env = { LINKSPAN_CONNECTIONS: '9', LINKSPAN_TOTAL_MS: '7' };
    const manager = new ClientManager({ registry, env })
      .register('made', { type: 'http' })
      .register('given', createClient({ transport: memoryTransport(() => ({})), env }))
      .register('custom', { close: () => Promise.resolve() });

    expect(manager.explainConfig('made')).toMatchObject({
      'http.connections': { value: 9, origin: 'environment', name: 'LINKSPAN_CONNECTIONS' },
    });
    expect(manager.explainConfig('given')).toMatchObject({
      totalMs: { value: 7, origin: 'environment' },
    });
    expect(manager.explainConfig('custom')).toEqual({});
  });

  it('C26 C25 names every variable that is wrong, and shows none that may be secret', () => {
    const { registry } = wires();
    const env = {
      A_TYPE: 'http',
      A_TOTAL_MS: 'soon',
      A_MAX_RETRIES: '-1',
      A_CONNECTIONS: '0',
      A_HEADERS: 'canary-header',
      A_METADATA: 'canary-metadata',
      A_BASE_URL: '::',
    };

    const issues = issuesOf(() => ClientConfig.fromEnv('A_', { env, registry }));

    expect(issues.map((issue) => issue.split(':')[0])).toEqual(
      expect.arrayContaining([
        'A_TOTAL_MS',
        'A_MAX_RETRIES',
        'A_CONNECTIONS',
        'A_HEADERS',
        'A_METADATA',
        'A_BASE_URL',
      ]),
    );
    expect(issues.join()).not.toContain('canary');
    expect(
      issuesOf(() => ClientConfig.fromEnv('A_', { env: { A_TYPE: 'ftp' }, registry })),
    ).toEqual([expect.stringMatching(/^A_TYPE: there is no transport 'ftp'/)]);
    expect(issuesOf(() => ClientConfig.fromEnv('A_', { env: {} }))).toEqual([
      'type: expected a string that is not empty, found nothing',
    ]);
  });

  it('C25 shows no secret, however it is printed', () => {
    const { registry } = wires();
    const env = { A_HEADERS: 'x-private=canary-4,accept=text/plain', A_API_KEY: 'canary-5' };
    const config = ClientConfig.from(
      {
        type: 'openai',
        baseUrl: 'https://ada:canary-1@api.example.com/v1?key=canary-2',
        sdk: { apiKey: secret('canary-3') },
      },
      { env, prefix: 'A_', registry },
    );

    const printed = [
      JSON.stringify(config),
      inspect(config, { depth: Infinity, showHidden: true }),
      JSON.stringify(config.explainConfig()),
      String(config),
    ].join();

    expect(printed).not.toContain('canary');
    expect(config.toJSON()).toMatchObject({
      baseUrl: 'https://api.example.com/v1?key=[redacted]',
      headers: { 'x-private': '[redacted]', accept: 'text/plain' },
      'sdk.apiKey': '[redacted]',
    });
    expect(inspect(config)).toMatch(/^ClientConfig \{/);
  });
});
