import { ConfigurationError, RateLimitExceededError } from '@linkspan/core';
import { createHttpClient, NetworkConfig } from '@linkspan/http';
import { describe, expect, it } from 'vitest';
import { sendJson, startServer } from '../loopback-server.ts';

describe('NetworkConfig', () => {
  it('N5 gives a client its timeout, its retries and how much longer each wait is', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}, 503));
    const config = new NetworkConfig({ timeout: 30_000, maxRetries: 3, backoffFactor: 1.5 }, {});
    const waits: number[] = [];
    await using client = createHttpClient({
      baseUrl: server.url,
      ...config,
      retry: { ...config.retry, baseDelayMs: 2, onRetry: ({ waitMs }) => waits.push(waitMs) },
      random: () => 1,
    });

    await client.safe.get('/');

    expect(waits).toEqual([2, 3, 4.5]);
    expect(client.explainConfig()).toMatchObject({
      totalMs: { value: 30_000, origin: 'argument' },
      'retry.maxRetries': { value: 3 },
      'retry.backoffFactor': { value: 1.5 },
    });
  });

  it('N5 lets as many requests a minute go to an origin as rateLimit says, over all its clients', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    const config = new NetworkConfig({ timeout: 2_000, maxRetries: 0, rateLimit: 6 }, {});
    await using first = createHttpClient({ baseUrl: server.url, ...config });
    await using second = createHttpClient({ baseUrl: server.url, ...config });

    await (await first.get('/')).cancel();
    const refused = await second.safe.get('/');

    // 6 a minute is one each 10 s, and the call has 2 s.
    expect(refused).toEqual({ ok: false, error: expect.any(RateLimitExceededError) });
    expect(server.seen).toHaveLength(1);
  });

  it('N5 N11 takes what is not given from the variables of PepperPy, the timeout in seconds', async () => {
    const env = {
      PEPPERPY_NETWORK_TIMEOUT: '30',
      PEPPERPY_NETWORK_MAX_RETRIES: '3',
      PEPPERPY_NETWORK_RATE_LIMIT: '100',
      PEPPERPY_NETWORK_VERIFY_SSL: 'false',
    };
    const config = new NetworkConfig({}, env);
    await using client = createHttpClient(config);

    expect(client.explainConfig()).toMatchObject({
      totalMs: { value: 30_000, origin: 'environment', name: 'PEPPERPY_NETWORK_TIMEOUT' },
      'retry.maxRetries': { value: 3, origin: 'environment' },
      'tls.rejectUnauthorized': { value: false, origin: 'environment' },
    });
    expect(config.middleware).toHaveLength(1);
    const own = new NetworkConfig({ timeout: 5_000 }, { ...env, LINKSPAN_MAX_RETRIES: '1' });
    await using other = createHttpClient(own);
    expect(other.explainConfig()).toMatchObject({
      totalMs: { value: 5_000, origin: 'argument' },
      'retry.maxRetries': { value: 1, name: 'LINKSPAN_MAX_RETRIES' },
    });
  });

  it('leaves to the client what nobody says', async () => {
    await using client = createHttpClient({ ...new NetworkConfig({}, {}) });

    expect(client.explainConfig()).toMatchObject({
      totalMs: { value: 60_000, origin: 'default' },
      'retry.maxRetries': { value: 2, origin: 'default' },
      'retry.backoffFactor': { value: 2, origin: 'default' },
    });
  });

  it('tells everything that is wrong at once', () => {
    const wrong = { timeout: 0, backoffFactor: 0.5, retries: 3 };
    const make = (): unknown => new NetworkConfig(wrong, { PEPPERPY_NETWORK_RATE_LIMIT: 'many' });

    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(/4 problems[^]*retries[^]*timeout[^]*backoffFactor[^]*RATE_LIMIT/);
  });
});
