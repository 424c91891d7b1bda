import { inspect } from 'node:util';
import { ConfigurationError, createClient, secret, TransportRegistry } from '@linkspan/core';
import { ClientManager } from '@linkspan/core/manager';
import {
  anthropicTransportFactory,
  createSdkClient,
  openaiTransportFactory,
  type SdkClient,
} from '@linkspan/sdk';
import {
  faults,
  faultServer,
  type FaultServer,
  type ListedFault,
  recordingTransport,
} from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { type Way, ways } from '../provider-clients.ts';

/** Texts that no pattern knows, by what they are for. */
const canaries = {
  key: 'qzkvwmtrplxh',
  bearer: 'hgfwzxkqpbvn',
  cookie: 'wvbqztkxmlrp',
  header: 'kdpzvwqtxrbg',
  body: 'ztwqkvxbmhcd',
  tlsKey: 'pwzqxvktbrmj',
};

const SHOW_ALL = { depth: Infinity, showHidden: true, getters: true } as const;

/** Everything that a program may print of a value, and of a failure with all that it was caused by. */
function printed(...values: readonly unknown[]): string {
  const parts: string[] = [];
  for (const value of values) {
    parts.push(inspect(value, SHOW_ALL), String(value), JSON.stringify(value) ?? '');
    for (let link = value; link instanceof Error; link = link.cause) {
      parts.push(link.message, link.stack ?? '');
    }
    const { response, providerError } = (value ?? {}) as Readonly<Record<string, unknown>>;
    parts.push(inspect(response, SHOW_ALL), inspect(providerError, SHOW_ALL));
  }
  return parts.join('\n');
}

const shown = (text: string): string[] =>
  Object.entries(canaries).flatMap(([kind, canary]) => (text.includes(canary) ? [kind] : []));

const headers = {
  cookie: `sid=${canaries.cookie}`,
  'x-session-token': canaries.header,
};

const request = {
  messages: [{ role: 'user', content: `password=${canaries.body}` }],
  model: 'model-1',
  maxTokens: 10,
} as const;

function clientOf(way: Way, baseUrl: string, { tls }: FaultServer): SdkClient {
  const options = {
    headers,
    tls: { ca: tls.authority, passphrase: canaries.tlsKey },
    env: {},
    baseUrl,
    retry: false as const,
  };
  if (way === 'anthropic') {
    return createSdkClient({ provider: 'anthropic', authToken: canaries.bearer, ...options });
  }
  return createSdkClient({
    provider: 'openai',
    api: way === 'openai' ? 'chat' : 'responses',
    apiKey: way === 'openai' ? canaries.key : async () => secret(canaries.key),
    ...options,
  });
}

/** What one use of a client tells that meets a fault, within clocks of so many milliseconds. */
type Use = (ms: number) => Promise<string>;

const clocksOf = (ms: number) => ({ totalMs: 2 * ms, idleMs: ms });

/** Chats, whole and as a stream. */
function chatting(client: SdkClient): Use {
  return async (ms) => {
    const clocks = clocksOf(ms);
    const ends = await Promise.allSettled([
      client.chat(request, clocks),
      client.stream(request, { ...clocks, firstEventMs: ms, eventIdleMs: ms }).result(),
    ]);
    const errors = ends.flatMap((end) =>
      end.status === 'rejected' ? [end.reason as unknown] : [],
    );
    const { client: inner } = client;
    return printed(...errors, ...errors.map((error) => inner.explain(error)), inner.inFlight());
  };
}

/** Uses the SDK's own client. */
function asking(client: SdkClient, way: Way): Use {
  return async (ms) => {
    const { models } = (await client.native()) as {
      readonly models: { list(...options: object[]): Promise<unknown> };
    };
    const options = { signal: AbortSignal.timeout(2 * ms) };
    const asked = way === 'anthropic' ? models.list({}, options) : models.list(options);
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    // Its own failures hold what it was answered, as it says of them: they are made ours to be shown.
    return printed(error instanceof Error ? client.transport.classifyError(error) : undefined);
  };
}

/** Lets a manager make clients of data, and check them. */
function checking(way: Way, baseUrl: string, { tls }: FaultServer): Use {
  return async (ms) => {
    const told: unknown[] = [];
    const registry = new TransportRegistry()
      .register('openai', openaiTransportFactory())
      .register('anthropic', anthropicTransportFactory());
    await using manager = new ClientManager({
      registry,
      env: { LINKSPAN_API_KEY: canaries.key },
      health: { timeoutMs: 2 * ms, downAfter: 1 },
      connectMs: ms,
      onCheck: (notice) => void told.push(notice),
      onStatusChange: (change) => void told.push(change),
    });
    const passphrase = canaries.tlsKey;
    const type = way === 'anthropic' ? 'anthropic' : 'openai';
    const sdk = { tls: { ca: tls.authority, passphrase }, ...keysOf(type) };
    const metadata = { contract: canaries.body };
    manager.register('model', { type, baseUrl, headers, metadata, sdk } as never);
    told.push(await manager.check('model'), manager.explainConfig('model'), manager.status());
    return printed(...told);
  };
}

function keysOf(type: string): object {
  return type === 'anthropic' ? { authToken: canaries.bearer } : { apiKey: canaries.key };
}

/** Records what the transport of an SDK sends and gets. */
function recording({ transport }: SdkClient): Use {
  return async (ms) => {
    const recorded = recordingTransport(transport);
    const client = createClient({ transport: recorded, env: {}, retry: false });
    const error: unknown = await client
      .request(request as never, clocksOf(ms))
      .then((response) => response.bytes({ maxBytes: 64 * 1024 }))
      .catch((thrown: unknown) => thrown);
    await client.close();
    // What is said to the model is no secret to who records it.
    return printed(error, recorded.cassette()).replaceAll(canaries.body, '');
  };
}

/** Numbers of faults that are large, or wait, and no other when they are smaller. */
const smaller: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'gzip-bomb': { mebibytes: 17 },
  'brotli-bomb': { mebibytes: 17 },
  'interim-flood': { count: 100 },
};

const rows: readonly ListedFault[] = faults.filter(
  ({ wires, available, play, place, scheme }) =>
    available && wires.includes('sdk') && play !== undefined && !place && !scheme,
);

describe('the secrets of a chat', () => {
  it('are in no print of any row of the faults', { timeout: 240_000 }, async () => {
    await using server = await faultServer();
    const waiting = [...rows.entries()];
    const leaks: string[] = [];
    /** Meets one fault after another, with clients of its own. */
    const lane = async (way: Way): Promise<void> => {
      let fault: ListedFault = rows[0]!;
      const url = server.script((exchange) =>
        fault.play!(exchange, { ...fault.numbers, ...smaller[fault.id] }),
      );
      await using client = clientOf(way, url, server);
      await client.native();
      const uses = {
        chat: chatting(client),
        native: asking(client, way),
        check: checking(way, url, server),
        record: recording(client),
      };
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        fault = next[1];
        for (const [name, use] of Object.entries(uses)) {
          // On a busy machine a clock may run out before the fault was met: it is met again.
          for (let ms = 200, seen = server.requests(url).length; ; ms *= 4) {
            // oxlint-disable-next-line no-await-in-loop -- one after another
            const text = await use(ms);
            leaks.push(...shown(text).map((kind) => `${fault.id}: ${kind} in ${name} of ${way}`));
            if (server.requests(url).length > seen) break;
            if (ms > 20_000) leaks.push(`${fault.id}: not met by ${name} of ${way}`);
            if (ms > 20_000) break;
          }
        }
      }
    };
    await Promise.all([...ways, ...ways].map(lane));

    expect(rows.length).toBeGreaterThan(50);
    expect(leaks).toEqual([]);
  });

  it.each(ways)('are in no print of a client, its options or its SDK: %s', async (way) => {
    await using server = await faultServer();
    await using client = clientOf(way, server.url('ok'), server);
    const native = await client.native();
    await client.chat(request).catch(() => {});

    const text = inspect([client, client.client, client.transport, native], SHOW_ALL);
    const options = printed(client.client.explainConfig());
    expect(text).toContain('[redacted]');
    expect(shown(text + options)).toEqual([]);
  });

  it('are in no print of an option that is refused', () => {
    const wrong = [
      { headers: { 'x-session-token': `${canaries.header}\n` } },
      { headers: { cookie: { sid: canaries.cookie } } },
      { baseUrl: `https://ada:${canaries.key}@a.test/v1` },
      { baseUrl: `https://a.test/v1?key=${canaries.key}` },
      { proxy: `socks5://ada:${canaries.key}@a.test` },
      { apiKey: [canaries.key] },
    ];
    for (const options of wrong) {
      let error: unknown;
      try {
        createSdkClient({ provider: 'openai', apiKey: canaries.key, env: {}, ...options } as never);
      } catch (thrown) {
        error = thrown;
      }

      expect(error, Object.keys(options).join()).toBeInstanceOf(ConfigurationError);
      expect(shown(printed(error))).toEqual([]);
    }
  });
});
