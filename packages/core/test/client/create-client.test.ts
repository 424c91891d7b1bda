import { describe, expect, it } from 'vitest';
import {
  type ClientOptions,
  ConfigurationError,
  createClient,
  createJsonCodec,
  memoryTransport,
  setting,
  type Transport,
  TransportRegistry,
  type TransportRequest,
} from '@linkspan/core';

const get: TransportRequest = { operation: 'GET', target: '/' };

function problemsOf(make: () => unknown): readonly string[] {
  try {
    make();
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.issues.map(({ option, message }) => `${option}: ${message}`);
    }
    throw error;
  }
  throw new Error('Expected a ConfigurationError');
}

/** A factory whose transports answer with the options they were made of. */
const echoFactory = {
  settings: {
    greeting: setting.string({ default: 'hello' }),
    size: setting.integer({ optional: true }),
  },
  create: (options: { readonly greeting?: string; readonly size?: number }): Transport =>
    memoryTransport(() => ({ body: options })),
};

async function answerOf(client: {
  request: (request: TransportRequest) => Promise<{ json: () => Promise<unknown> }>;
}): Promise<unknown> {
  const response = await client.request(get);
  return await response.json();
}

describe('createClient()', () => {
  it('P1 U2 takes a transport as it is; no registry is asked', async () => {
    const client = createClient({ transport: memoryTransport(() => ({ body: 'x' })) });
    expect(await (await client.request(get)).text()).toBe('x');
  });

  it('P3 P6 U1 makes the transport by its name in a registry, with options of its own', async () => {
    const registry = new TransportRegistry().register('echo', echoFactory);

    const client = createClient({
      transport: 'echo',
      registry,
      greeting: 'hi',
      totalMs: 5_000,
      env: {},
    });

    expect(await answerOf(client)).toEqual({ greeting: 'hi' });
  });

  it('R59 knows several transports at once, in registries that do not know one another', async () => {
    const registry = new TransportRegistry()
      .register('a', echoFactory)
      .register('b', { create: () => memoryTransport(() => ({ body: 'b' })) });

    expect(await answerOf(createClient({ transport: 'a', registry, env: {} }))).toEqual({});
    expect(
      await answerOf(createClient({ transport: 'b', registry, env: {} })).catch(String),
    ).toBeDefined();
    expect(
      problemsOf(() =>
        createClient({ transport: 'a', registry: new TransportRegistry() } as never),
      ),
    ).toEqual([expect.stringContaining('there is no transport')]);
  });

  it('hands a factory without a table what the client does not know', async () => {
    const registry = new TransportRegistry().register('free', {
      create: (options: { readonly anything?: number }) =>
        memoryTransport(() => ({ body: options })),
    });
    const client = createClient({ transport: 'free', registry, anything: 1, totalMs: 9, env: {} });
    expect(await answerOf(client)).toEqual({ anything: 1 });
  });

  it('P2 owns a transport that it has made', async () => {
    let closed = 0;
    const registry = new TransportRegistry().register('t', {
      create: () =>
        Object.assign(
          memoryTransport(() => ({})),
          {
            close: () => {
              closed += 1;
              return Promise.resolve();
            },
          },
        ),
    });
    await createClient({ transport: 't', registry }).close();
    await createClient({ transport: 't', registry, ownTransport: false }).close();
    expect(closed).toBe(1);
  });

  it('P25 says what there is when the name is unknown, and where it may come from', () => {
    const registry = new TransportRegistry().register('echo', echoFactory);

    expect(problemsOf(() => createClient({ transport: 'http', registry } as never))).toEqual([
      expect.stringMatching(/there is no transport 'http'; available: echo.*@linkspan\/http/),
    ]);
    expect(problemsOf(() => createClient({ transport: 'http' } as never))).toEqual([
      expect.stringContaining("there is no registry to look up 'http' in"),
    ]);
  });

  it('P25 lists everything that is wrong at once', () => {
    const registry = new TransportRegistry().register('echo', echoFactory);
    const wrong = {
      transport: 'ehco',
      registry,
      totalMs: -1,
      retires: 3,
      retry: { maxRetries: 'many' },
      headers: { a: 5 },
      middleware: [1],
    } as never;

    const problems = problemsOf(() => createClient(wrong));

    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringContaining("did you mean 'echo'"),
        expect.stringMatching(/^totalMs: expected .* found -1/),
        expect.stringContaining("did you mean 'retry'"),
        expect.stringMatching(/^retry\.maxRetries: expected an integer.* found "many"/),
        expect.stringMatching(/^headers\.a: expected a string, found 5/),
        expect.stringMatching(/^middleware\[0\]: expected a function, found 1/),
      ]),
    );
    expect(problems).toHaveLength(6);
  });

  it('lists the problems of the options of a factory with those of the client', () => {
    const registry = new TransportRegistry().register('echo', echoFactory);
    const wrong = { transport: 'echo', registry, size: 'big', greetin: 'hi', idleMs: 'never' };
    expect(
      problemsOf(() => createClient(wrong as never)).map((problem) => problem.split(':')[0]),
    ).toEqual(expect.arrayContaining(['size', 'greetin', 'idleMs']));
  });

  it.each([[undefined], [null], ['http'], [{}], [{ transport: {} }]])(
    'says what it expects instead of %o',
    (options) => {
      expect(() => createClient(options as unknown as ClientOptions)).toThrow(ConfigurationError);
    },
  );

  it('P23 P24 takes an option from the argument, else from the environment, else its default', () => {
    const client = createClient({
      transport: memoryTransport(() => ({})),
      attemptMs: 1_000,
      env: {
        LINKSPAN_ATTEMPT_MS: '5',
        LINKSPAN_IDLE_MS: '2000',
        LINKSPAN_MAX_RETRIES: '7',
        LINKSPAN_STREAM_TOTAL_MS: '9',
      },
    });

    expect(client.explainConfig()).toMatchObject({
      attemptMs: { value: 1_000, origin: 'argument' },
      idleMs: { value: 2_000, origin: 'environment', name: 'LINKSPAN_IDLE_MS' },
      'retry.maxRetries': { value: 7, origin: 'environment', name: 'LINKSPAN_MAX_RETRIES' },
      'stream.totalMs': { value: 9, origin: 'environment' },
      totalMs: { value: 60_000, origin: 'default' },
    });
  });

  it('P22 P23 reads variables behind another prefix, and by older names in their own unit', () => {
    const client = createClient({
      transport: memoryTransport(() => ({})),
      env: { APP_IDLE_MS: '3', PYNECTOR_TIMEOUT: '30', PYNECTOR_RETRY_COUNT: '4' },
      envPrefix: 'APP_',
      envAliases: {
        totalMs: { name: 'PYNECTOR_TIMEOUT', unit: 's' },
        'retry.maxRetries': 'PYNECTOR_RETRY_COUNT',
      },
    });

    expect(client.explainConfig()).toMatchObject({
      idleMs: { value: 3 },
      totalMs: { value: 30_000, name: 'PYNECTOR_TIMEOUT' },
      'retry.maxRetries': { value: 4 },
    });
  });

  it('N11 names the variable that is wrong', () => {
    const env = { LINKSPAN_TOTAL_MS: 'soon' };
    expect(
      problemsOf(() => createClient({ transport: memoryTransport(() => ({})), env })).join(),
    ).toContain('LINKSPAN_TOTAL_MS');
  });

  it('P5 takes options as data from config; what stands beside it wins', () => {
    const client = createClient({
      transport: memoryTransport(() => ({})),
      config: { totalMs: 1, idleMs: 2 },
      totalMs: undefined,
      idleMs: 3,
      env: {},
    });
    expect(client.explainConfig()).toMatchObject({ totalMs: { value: 1 }, idleMs: { value: 3 } });
    expect(
      problemsOf(() =>
        createClient({ transport: memoryTransport(() => ({})), config: { totlMs: 1 } as never }),
      ).join(),
    ).toContain("did you mean 'totalMs'");
  });

  it('P5 P22 lets an option win over the one in config that has its other name', () => {
    const client = createClient({
      transport: memoryTransport(() => ({})),
      config: { totalMs: 1 },
      timeout: 2,
      env: {},
    });

    expect(client.explainConfig()['totalMs']).toEqual({ value: 2, origin: 'argument' });
  });

  it('shows no secret header when it explains', () => {
    const client = createClient({
      transport: memoryTransport(() => ({})),
      headers: { authorization: 'Bearer canary-1234567890' },
    });
    expect(JSON.stringify(client.explainConfig())).not.toContain('canary');
  });

  it('E7 R59 writes and reads values with the codec it is given', async () => {
    const sent: TransportRequest[] = [];
    const client = createClient({
      transport: memoryTransport((request) => {
        sent.push(request);
        return { body: '{"at":"2026-01-02T03:04:05Z"}' };
      }),
      codec: createJsonCodec({ reviver: 'iso-dates' }),
    });

    const response = await client.request({ ...get, payload: { kind: 'value', value: [1] } });

    expect(await response.json()).toEqual({ at: new Date('2026-01-02T03:04:05Z') });
    expect(sent[0]).toMatchObject({
      headers: { 'content-type': 'application/json' },
      payload: { kind: 'bytes', bytes: new TextEncoder().encode('[1]') },
    });
  });
});
