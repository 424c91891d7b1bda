import {
  clientSettings,
  ConfigurationError,
  defineSettings,
  explainConfig,
  getEnvBool,
  getEnvDict,
  resolveConfig,
  setting,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';

const table = defineSettings({
  baseUrl: setting.string({ optional: true }),
  totalMs: setting.durationMs({ default: 60_000 }),
  timeout: setting.alias<number>('totalMs'),
  rateLimit: setting.integer({ optional: true, min: 1 }),
  verifyTls: setting.boolean({ default: true }),
  apiKey: setting.secret({ optional: true, env: 'API_KEY' }),
  statuses: setting.list(setting.string(), { default: [] }),
  headers: setting.record(setting.string(), { default: {} }),
  onRetry: setting.callback<() => void>({ optional: true }),
  retry: setting.group(
    defineSettings({
      maxRetries: setting.integer({ default: 2, min: 0 }),
      baseDelayMs: setting.durationMs({ default: 500 }),
    }),
    { orFalse: true },
  ),
  tls: setting.group(defineSettings({ caFile: setting.string({ optional: true }) }), {
    env: 'TLS',
  }),
});

function failure(run: () => unknown): ConfigurationError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('It did not fail');
}

describe('resolveConfig()', () => {
  it('P23 N11 reads variables by the name of their option', () => {
    const settings = resolveConfig(table, undefined, {
      env: {
        LINKSPAN_TOTAL_MS: '1500.5',
        LINKSPAN_MAX_RETRIES: ' 7 ',
        LINKSPAN_RATE_LIMIT: '100',
        LINKSPAN_VERIFY_TLS: 'No',
        LINKSPAN_API_KEY: 'canary',
        LINKSPAN_STATUSES: 'a, b',
        LINKSPAN_HEADERS: 'x-a=1,x-b=2%2C3',
        LINKSPAN_TLS_CA_FILE: '/ca.pem',
      },
    });

    expect(settings).toMatchObject({
      totalMs: 1500.5,
      rateLimit: 100,
      verifyTls: false,
      statuses: ['a', 'b'],
      headers: { 'x-a': '1', 'x-b': '2,3' },
      retry: { maxRetries: 7, baseDelayMs: 500 },
      tls: { caFile: '/ca.pem' },
    });
    expect(settings.apiKey?.reveal()).toBe('canary');
  });

  it('P24 C25 E15 prefers an argument to the environment, and that to the default', () => {
    const env = { LINKSPAN_TOTAL_MS: '2', LINKSPAN_MAX_RETRIES: '5', LINKSPAN_BASE_DELAY_MS: '9' };

    expect(resolveConfig(table, { totalMs: 1, retry: { maxRetries: 0 } }, { env })).toMatchObject({
      totalMs: 1,
      verifyTls: true,
      retry: { maxRetries: 0, baseDelayMs: 9 },
    });
    expect(resolveConfig(table, { timeout: 1 }, { env }).totalMs).toBe(1);
    expect(resolveConfig(table, { retry: false }, { env }).retry).toBe(false);
  });

  it('takes an empty variable for one that is not set', () => {
    expect(resolveConfig(table, {}, { env: { LINKSPAN_TOTAL_MS: ' ' } }).totalMs).toBe(60_000);
  });

  it('P23 N11 reads older names in their own unit', () => {
    const envAliases = {
      totalMs: { name: 'PYNECTOR_TIMEOUT', unit: 's' },
      'retry.maxRetries': 'PYNECTOR_RETRY_COUNT',
    } as const;
    const env = { PYNECTOR_TIMEOUT: '2.5', PYNECTOR_RETRY_COUNT: '4' };

    const settings = resolveConfig(table, {}, { env, envAliases });
    const both = resolveConfig(table, {}, { env: { ...env, LINKSPAN_TOTAL_MS: '1' }, envAliases });

    expect(settings).toMatchObject({ totalMs: 2500, retry: { maxRetries: 4 } });
    expect(both.totalMs).toBe(1);
  });

  it('N2 holds the options of a project and those of its clients in one object', () => {
    const project = defineSettings({
      ...clientSettings,
      region: setting.string({ default: 'eu' }),
    });
    const env = { HARBOUR_REGION: 'us', HARBOUR_MAX_RETRIES: '4' };

    const config = resolveConfig(project, { totalMs: 5_000 }, { env, prefix: 'HARBOUR_' });

    expect(config).toMatchObject({ region: 'us', totalMs: 5_000, retry: { maxRetries: 4 } });
  });

  it('takes another prefix', () => {
    const env = { MY_TOTAL_MS: '3', LINKSPAN_TOTAL_MS: '4' };

    expect(resolveConfig(table, {}, { env, prefix: 'MY_' }).totalMs).toBe(3);
  });

  it('N11 tells the problems of options and variables at once, by the name the user wrote', () => {
    const error = failure(() =>
      resolveConfig(
        table,
        { rateLimit: 0, retries: 3 },
        {
          subject: 'createClient()',
          env: {
            LINKSPAN_TOTAL_MS: '5s',
            LINKSPAN_VERIFY_TLS: 'maybe',
            LINKSPAN_MAX_RETRIES: '-1',
            OLD_DELAY: '0',
          },
          envAliases: { 'retry.baseDelayMs': { name: 'OLD_DELAY', unit: 's' } },
        },
      ),
    );

    expect(error.message.split('\n')).toEqual([
      'Cannot configure createClient(): 6 problems',
      "  - retries: is not an option; did you mean 'retry'?",
      '  - LINKSPAN_TOTAL_MS: expected a number of milliseconds above 0, or Infinity for no limit, found "5s"',
      '  - rateLimit: expected an integer of 1 or more, found 0',
      '  - LINKSPAN_VERIFY_TLS: expected true or false, found "maybe"',
      '  - LINKSPAN_MAX_RETRIES: expected an integer of 0 or more, found -1',
      '  - OLD_DELAY: expected a number of milliseconds above 0, or Infinity for no limit, found 0',
    ]);
  });

  it.each(['0x10', '1e999', 'NaN', '--1', '1,5', '1 000'])('takes %j for no number', (text) => {
    const env = { LINKSPAN_TOTAL_MS: text };
    expect(failure(() => resolveConfig(table, {}, { env })).issues[0]!.option).toBe(
      'LINKSPAN_TOTAL_MS',
    );
  });

  it('reads the environment of the process where none is given', () => {
    process.env['H2TEST_TOTAL_MS'] = '77';
    try {
      expect(resolveConfig(table, {}, { prefix: 'H2TEST_' }).totalMs).toBe(77);
    } finally {
      delete process.env['H2TEST_TOTAL_MS'];
    }
  });

  it('reads no variable for functions, and none that the environment inherits', () => {
    const env = Object.create({ LINKSPAN_TOTAL_MS: '1' }) as Record<string, string>;
    env['LINKSPAN_ON_RETRY'] = 'x';

    expect(resolveConfig(table, {}, { env })).toMatchObject({
      totalMs: 60_000,
      onRetry: undefined,
    });
  });
});

describe('explainConfig()', () => {
  it('P24 tells where each value came from, without secrets', () => {
    const explained = explainConfig(
      table,
      {
        timeout: 5,
        baseUrl: 'https://u:canary@host/?key=canary',
        headers: { authorization: 'canary', accept: 'x' },
        onRetry: () => {},
        tls: { caFile: '/a' },
      },
      { env: { LINKSPAN_API_KEY: 'canary', LINKSPAN_MAX_RETRIES: '5' } },
    );

    expect(explained).toEqual({
      baseUrl: { value: 'https://host/?key=[redacted]', origin: 'argument' },
      totalMs: { value: 5, origin: 'argument' },
      rateLimit: { value: undefined, origin: 'default' },
      verifyTls: { value: true, origin: 'default' },
      apiKey: { value: '[redacted]', origin: 'environment', name: 'LINKSPAN_API_KEY' },
      statuses: { value: [], origin: 'default' },
      headers: { value: { authorization: '[redacted]', accept: 'x' }, origin: 'argument' },
      onRetry: { value: 'a function', origin: 'argument' },
      'retry.maxRetries': { value: 5, origin: 'environment', name: 'LINKSPAN_MAX_RETRIES' },
      'retry.baseDelayMs': { value: 500, origin: 'default' },
      'tls.caFile': { value: '/a', origin: 'argument' },
    });
    expect(explainConfig(table, { retry: false }, { env: {} })['retry']).toEqual({
      value: false,
      origin: 'argument',
    });
  });

  it.each(['key', 'api-key', 'token'])('shows no text of an option that is named %s', (name) => {
    const explained = explainConfig({ [name]: setting.string() }, { [name]: 'canary' });

    expect(explained[name]).toEqual({ value: '[redacted]', origin: 'argument' });
  });
});

describe('getEnvBool()', () => {
  it('R55 reads yes and no in their usual spellings', () => {
    for (const text of ['true', '1', 'YES', ' on '])
      expect(getEnvBool('X', false, { X: text })).toBe(true);
    for (const text of ['false', '0', 'no', 'Off'])
      expect(getEnvBool('X', true, { X: text })).toBe(false);
    expect(getEnvBool('X', true, { X: '' })).toBe(true);
    expect(getEnvBool('X', undefined, {})).toBe(false);
  });

  it('R55 refuses anything else', () => {
    expect(failure(() => getEnvBool('X', false, { X: 'tru' })).message).toBe(
      'Cannot configure from the environment: X: expected true or false, found "tru"',
    );
  });
});

describe('getEnvDict()', () => {
  it('R55 reads names and values as OpenTelemetry writes them', () => {
    expect(getEnvDict('X', {}, { X: 'a=1, b = 2%3D3 ,,c=' })).toEqual({ a: '1', b: '2=3', c: '' });
    expect(getEnvDict('X', { a: 'b' }, {})).toEqual({ a: 'b' });
  });

  it.each(['canary', '=canary', 'a=%zzcanary'])('R55 refuses %j without showing it', (text) => {
    const { message } = failure(() => getEnvDict('X', {}, { X: text }));

    expect(message).toContain('X: expected name=value,other=value');
    expect(message).not.toContain('canary');
  });

  it('R55 takes __proto__ for a name like others', () => {
    const read = getEnvDict('X', {}, { X: '__proto__=1' });

    expect(Object.keys(read)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });
});
