import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as concurrency from '@linkspan/concurrency';
import {
  CircuitOpenError,
  ConfigurationError,
  createClient,
  createJsonCodec,
  isLinkspanError,
  LinkspanError,
  retry,
  TransportRegistry,
} from '@linkspan/core';
import {
  createNdjson,
  createNdjsonDecoder,
  createOpenaiChat,
  createSseDecoder,
} from '@linkspan/dialects';
import { createHttpClient, httpTransport, httpTransportFactory } from '@linkspan/http';
import { PydanticAgentClient } from '@linkspan/http/pydantic';
import { anthropicTransport, createSdkClient, openaiTransport } from '@linkspan/sdk';
import { describe, expect, it, onTestFinished } from 'vitest';

const CANARY = 'canary-51c3';

/** What a function throws; it must throw. */
function thrown(make: () => unknown): unknown {
  try {
    make();
  } catch (error) {
    return error;
  }
  throw new Error('Expected a throw, found a value');
}

/** Options of a transport of which each is wrong in another way, and the names they are told by. */
const wrongOnTheWire = {
  baseUrl: `ftp://ada:${CANARY}@a.test`,
  conections: 5,
  connectMs: 'fast',
  maxQueue: -1,
  tls: { rejectUnauthorised: false },
  proxy: `http://ada:${CANARY}@`,
} as object;
const problemsOnTheWire = [
  'baseUrl',
  'conections',
  'connectMs',
  'maxQueue',
  'proxy',
  'tls.rejectUnauthorised',
];

const registry = new TransportRegistry();
registry.register('http', httpTransportFactory());

const factories: readonly (readonly [string, () => unknown, readonly string[]])[] = [
  ['httpTransport()', () => httpTransport(wrongOnTheWire), problemsOnTheWire],
  [
    'createHttpClient()',
    () => {
      const auth = { bearer: [CANARY] } as never;
      const wrong = { totalMs: -5, retry: { maxRetries: 1.5, baseDelay: 1 } as never, auth };
      return createHttpClient({ env: {}, ...wrongOnTheWire, ...wrong });
    },
    [...problemsOnTheWire, 'auth.bearer', 'retry.baseDelay', 'retry.maxRetries', 'totalMs'],
  ],
  [
    'createClient() of a transport by its name',
    () =>
      createClient({
        env: {},
        registry,
        transport: 'http',
        totalMs: 0,
        ...wrongOnTheWire,
      } as never),
    [...problemsOnTheWire, 'totalMs'],
  ],
  [
    'createClient() of a transport that there is not',
    () => createClient({ env: {}, registry, transport: 'htp', totalMs: '5' } as never),
    ['totalMs', 'transport'],
  ],
  [
    'PydanticAgentClient',
    () => new PydanticAgentClient({ env: {}, agentid: 'a', dialect: 'sse', idleMs: 0 } as never),
    ['agentid', 'dialect', 'idleMs'],
  ],
  [
    'openaiTransport()',
    () => openaiTransport({ ...wrongOnTheWire, apiKey: [CANARY], api: 'rest' } as never),
    [...problemsOnTheWire, 'api', 'apiKey'],
  ],
  [
    'anthropicTransport()',
    () => anthropicTransport({ ...wrongOnTheWire, authToken: [CANARY], maxTokens: 0 } as never),
    [...problemsOnTheWire, 'authToken', 'maxTokens'],
  ],
  [
    'createSdkClient()',
    () => {
      const wrong = { provider: 'openai', totalMs: -5, apiKey: [CANARY], organization: 5 };
      return createSdkClient({ env: {}, ...wrongOnTheWire, ...wrong } as never);
    },
    [...problemsOnTheWire, 'apiKey', 'organization', 'totalMs'],
  ],
  ['retry()', () => retry({ jitter: true, maxRetries: -1 } as never), ['jitter', 'maxRetries']],
  [
    'createJsonCodec()',
    () => createJsonCodec({ maxBytes: -1, reviver: 'dates', dates: true } as never),
    ['dates', 'maxBytes', 'reviver'],
  ],
  [
    'createSseDecoder()',
    () => createSseDecoder({ maxLineBytes: -1, maxEvent: 1 } as never),
    ['maxEvent', 'maxLineBytes'],
  ],
  [
    'createNdjsonDecoder()',
    () => createNdjsonDecoder({ maxLineBytes: '1', maxLines: 1 } as never),
    ['maxLineBytes', 'maxLines'],
  ],
  [
    'createNdjson()',
    () => createNdjson({ cumulativ: true, isTerminal: 'done' } as never),
    ['cumulativ', 'isTerminal'],
  ],
  [
    'createOpenaiChat()',
    () => createOpenaiChat({ require: 'all', terminator: 'done' } as never),
    ['require', 'terminator'],
  ],
];

describe('a factory that is given wrong options', () => {
  it.each(factories)('tells all of them at once: %s', (_name, make, names) => {
    const error = thrown(make) as ConfigurationError;

    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.issues.map(({ option }) => option).toSorted()).toEqual(names.toSorted());
    for (const { option, message } of error.issues) {
      expect(message).toMatch(/found|expected|is not an option|there is no/);
      expect(error.message).toContain(option);
    }
    expect(error.message + JSON.stringify(error)).not.toContain(CANARY);
  });

  it('P25 names the transports that there are', () => {
    expect(() => createClient({ registry, transport: 'htp' } as never)).toThrow(
      "transport: there is no transport 'htp'; available: http; did you mean 'http'?",
    );
  });

  it.each<[string, () => unknown, RegExp]>([
    ['CapacityLimiter', () => new concurrency.CapacityLimiter(0), /total.* >= 1 .*found 0$/],
    ['Semaphore', () => new concurrency.Semaphore(-1), /initial value.* >= 0, found -1$/],
    ['channel()', () => concurrency.channel(-1), /capacity.* >= 0 .*found -1$/],
    ['Deadline', () => concurrency.Deadline.after(Number.NaN), /milliseconds, found NaN$/],
    [
      'Supervisor',
      () => new concurrency.Supervisor({ strategy: 'one-for-one', maxRestarts: -1 }),
      /maxRestarts .* >= 0, found -1$/,
    ],
  ])('says what was found and expected: %s of concurrency', (_name, make, message) => {
    expect(make).toThrow(RangeError);
    expect(make).toThrow(message);
  });
});

describe('the defaults', () => {
  it('N17 bound every call, repeat what is safe, and keep connections', async () => {
    const client = createHttpClient({ env: {} });
    const explained = Object.entries(client.explainConfig());
    const values = Object.fromEntries(explained.map(([name, { value }]) => [name, value]));
    await client.close();

    expect(values).toMatchObject({
      totalMs: 60_000,
      connectMs: 5_000,
      idleMs: 60_000,
      firstEventMs: 60_000,
      eventIdleMs: 120_000,
      'stream.totalMs': Infinity,
      'retry.maxRetries': 2,
      'retry.baseDelayMs': 500,
      'retry.maxDelayMs': 8_000,
      connections: 50,
      keepAliveTimeoutMs: 4_000,
    });
    expect(explained.every(([, { origin }]) => origin === 'default')).toBe(true);
  });

  it('P35 have another name for totalMs, and P23 P24 yield to the environment and the argument', () => {
    const env = { LINKSPAN_TOTAL_MS: '7000', LINKSPAN_MAX_RETRIES: '5', LINKSPAN_CONNECTIONS: '9' };
    const client = createHttpClient({ env, connections: 3, timeout: 1_000 });
    const { totalMs, connections, ...rest } = client.explainConfig();

    expect(totalMs).toMatchObject({ value: 1_000, origin: 'argument' });
    expect(connections).toMatchObject({ value: 3, origin: 'argument' });
    expect(rest['retry.maxRetries']).toMatchObject({ value: 5, origin: 'environment' });
  });
});

describe('a call, from the request to what comes of it', () => {
  it('N20 E35 passes hooks in order, and ends in a value or in a failure with a kind', async () => {
    const server = createServer((request, response) => {
      const isKnown = request.url === '/v1/users/1' && request.headers['x-tenant'] === 'a';
      response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' });
      response.end(isKnown ? '{"name":"Ada"}' : '{"error":{"message":"No such user"}}');
    });
    await new Promise<void>((listening) => {
      server.listen(0, '127.0.0.1', listening);
    });
    onTestFinished(() => void server.close());
    const seen: string[] = [];
    const client = createHttpClient({
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      onRequest: (request) => {
        seen.push(`${request.operation} ${new URL(request.target).pathname}`);
        return { ...request, headers: { ...request.headers, 'x-tenant': 'a' } };
      },
      onResponse: ({ status }) => {
        seen.push(String(status));
      },
      onError: (error) => {
        seen.push(isLinkspanError(error) ? `${error.kind} ${error.code}` : 'unknown');
      },
    });
    onTestFinished(() => client.close());

    const user = await (await client.get('/users/1')).json<{ name: string }>();
    const lost = await client.safe.get('/users/2');

    expect(user).toEqual({ name: 'Ada' });
    expect(lost).toMatchObject({
      ok: false,
      error: { kind: 'http', status: 404, sent: 'yes', retryable: 'no', transport: 'http' },
    });
    expect(seen).toEqual(['GET /v1/users/1', '200', 'GET /v1/users/2', '404', 'http not_found']);
  });
});

it('R18 a circuit that is open says that nothing was sent, and for how long', () => {
  const error = new CircuitOpenError(
    'Cannot send the request: the circuit for https://api.example.com is open for another 4.2 s',
    { retryAfterMs: 4_200, transport: 'http' },
  );

  expect(error).toBeInstanceOf(LinkspanError);
  expect(isLinkspanError(error)).toBe(true);
  expect(error).toMatchObject({
    kind: 'circuit-open',
    code: 'circuit_open',
    sent: 'no',
    phase: 'queue',
    retryAfterMs: 4_200,
  });
});
