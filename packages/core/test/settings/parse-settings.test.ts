import { describe, expect, it } from 'vitest';
import { ConfigurationError, defineSettings, parseSettings, Secret, setting } from '@linkspan/core';

const retryTable = defineSettings({
  maxRetries: setting.integer({ default: 2, min: 0 }),
  baseDelayMs: setting.durationMs({ default: 500 }),
});

const table = defineSettings({
  baseUrl: setting.string({ optional: true }),
  connections: setting.integer({ default: 50, min: 1, orInfinity: true }),
  totalMs: setting.durationMs({ default: 60_000 }),
  timeout: setting.alias<number>('totalMs'),
  verifyTls: setting.boolean({ default: true }),
  apiKey: setting.secret({ optional: true }),
  mode: setting.choice(['strict', 'lax'], { default: 'strict' }),
  statuses: setting.list(setting.integer({ min: 100, max: 599 }), { default: [408, 429] }),
  headers: setting.record(setting.string(), { default: {} }),
  onRetry: setting.callback<(attempt: number) => void>({ optional: true }),
  retry: setting.group(retryTable, { orFalse: true }),
});

function fail(options: object | undefined, entries: Parameters<typeof parseSettings>[1] = table) {
  try {
    parseSettings('thing()', entries, options);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('It did not fail');
}

function issue(options: object): string {
  const { issues } = fail(options);
  expect(issues).toHaveLength(1);
  return `${issues[0]!.option}: ${issues[0]!.message}`;
}

describe('parseSettings()', () => {
  it('fills in every default, also those of groups', () => {
    expect(parseSettings('thing()', table, undefined)).toEqual({
      baseUrl: undefined,
      connections: 50,
      totalMs: 60_000,
      verifyTls: true,
      apiKey: undefined,
      mode: 'strict',
      statuses: [408, 429],
      headers: {},
      onRetry: undefined,
      retry: { maxRetries: 2, baseDelayMs: 500 },
    });
  });

  it('takes what is given, and counts undefined as not given', () => {
    const settings = parseSettings('thing()', table, {
      connections: Infinity,
      totalMs: undefined,
      apiKey: 'k-1',
      retry: { maxRetries: 0 },
    });

    expect(settings.connections).toBe(Infinity);
    expect(settings.totalMs).toBe(60_000);
    expect(settings.apiKey).toBeInstanceOf(Secret);
    expect(settings.apiKey?.reveal()).toBe('k-1');
    expect(settings.retry).toEqual({ maxRetries: 0, baseDelayMs: 500 });
    expect(parseSettings('thing()', table, { retry: false }).retry).toBe(false);
  });

  it('lists every problem at once, with what was expected and found', () => {
    const error = fail({
      conections: 3,
      connections: 0,
      totalMs: '5s',
      mode: 'loose',
      statuses: [200, 'x'],
      headers: { accept: 1 },
      retry: { maxRetries: -1, jitter: true },
    });

    expect(error.kind).toBe('config');
    expect(error.message).toBe(
      [
        'Cannot configure thing(): 8 problems',
        "  - conections: is not an option; did you mean 'connections'?",
        '  - connections: expected an integer of 1 or more, or Infinity for no limit, found 0',
        '  - totalMs: expected a number of milliseconds above 0, or Infinity for no limit, found "5s"',
        `  - mode: expected one of 'strict', 'lax', found "loose"`,
        '  - statuses[1]: expected an integer from 100 to 599, found "x"',
        '  - headers.accept: expected a string that is not empty, found 1',
        '  - retry.jitter: is not an option; there are: maxRetries, baseDelayMs',
        '  - retry.maxRetries: expected an integer of 0 or more, found -1',
      ].join('\n'),
    );
    expect(error.issues.map(({ option }) => option)).toEqual([
      'conections',
      'connections',
      'totalMs',
      'mode',
      'statuses[1]',
      'headers.accept',
      'retry.jitter',
      'retry.maxRetries',
    ]);
  });

  it('tells a mistyped name whose value is undefined', () => {
    expect(issue({ conections: undefined })).toContain("did you mean 'connections'?");
  });

  it('tells a single problem in one line', () => {
    expect(fail({ connections: 2.5 }).message).toBe(
      'Cannot configure thing(): connections: expected an integer of 1 or more, or Infinity for no limit, found 2.5',
    );
  });

  it.each([
    [{ totalMs: 0 }, 'found 0'],
    [{ totalMs: NaN }, 'found NaN'],
    [{ totalMs: -Infinity }, 'found -Infinity'],
    [{ totalMs: null }, 'found null'],
    [{ connections: 2 ** 60 }, 'found 1152921504606847000'],
    [{ verifyTls: 'false' }, 'found "false"'],
    [{ verifyTls: new Date(0) }, 'found an instance of Date'],
    [{ onRetry: {} }, 'expected a function, found an object'],
    [{ retry: true }, 'expected an object or false, found true'],
    [{ headers: [] }, 'found an array of 0'],
    [{ baseUrl: '' }, 'found ""'],
  ])('refuses %j', (options, told) => {
    expect(issue(options)).toContain(told);
  });

  it('takes an alias for the option it names, and refuses both', () => {
    expect(parseSettings('thing()', table, { timeout: 5 }).totalMs).toBe(5);
    expect(parseSettings('thing()', table, { timeout: 5 })).not.toHaveProperty('timeout');
    expect(issue({ timeout: 5, totalMs: 6 })).toBe(
      "timeout: is another name for 'totalMs': expected one of the two, found both",
    );
    expect(issue({ timeout: -5 })).toMatch(/^timeout: expected a number of milliseconds/);
  });

  it('never tells the value of a secret', () => {
    const error = fail({ apiKey: 12345678, apikey: 'canary', connections: 'sk-canary-1234567890' });

    expect(error.message).toContain('apiKey: expected a string that is not empty, found a number');
    expect(JSON.stringify(error) + error.message).not.toMatch(/canary|12345678/);
  });

  it.each([
    ['maxRetries', 'retry.maxRetries'],
    ['base_delay_ms', 'retry.baseDelayMs'],
    ['verifyTLS', 'verifyTls'],
    ['retries', 'retry'],
    ['timeoutMs', 'timeout'],
    ['onRtery', 'onRetry'],
  ])('takes %s for a mistyped %s', (name, meant) => {
    expect(issue({ [name]: 1 })).toBe(`${name}: is not an option; did you mean '${meant}'?`);
  });

  it('says which options must be given', () => {
    const entries = defineSettings({ model: setting.string(), limit: setting.integer() });

    expect(fail({}, entries).issues).toEqual([
      { option: 'model', message: 'expected a string that is not empty, found nothing' },
      { option: 'limit', message: 'expected an integer, found nothing' },
    ]);
  });

  it('reads each property once', () => {
    let reads = 0;
    const options = {
      get totalMs(): unknown {
        return reads++ === 0 ? 9 : 'evil';
      },
    };

    expect(parseSettings('thing()', table, options).totalMs).toBe(9);
    expect(reads).toBe(1);
  });

  it('takes no instance for an object of options or names: it would be read as empty', () => {
    class Config {
      readonly connections = 7;
    }

    expect(fail(new Config()).message).toContain('expected an object, found an instance of Config');
    expect(fail(Object.create({ connections: 7 }) as object).message).toContain(
      'options: expected',
    );
    expect(issue({ headers: new Headers({ a: 'b' }) })).toContain('found an instance of Headers');
    expect(issue({ retry: new Map([['maxRetries', 1]]) })).toContain('found an instance of Map');
    expect(
      parseSettings('thing()', table, Object.assign(Object.create(null), { totalMs: 1 }) as object)
        .totalMs,
    ).toBe(1);
  });

  it('refuses __proto__, constructor and prototype, and pollutes nothing', () => {
    const hostile = JSON.parse(
      '{"__proto__":{"connections":1},"constructor":1,"prototype":2,"headers":{"__proto__":"x"},"retry":{"__proto__":{"maxRetries":9}}}',
    ) as object;

    expect(fail(hostile).issues.map(({ option }) => option)).toEqual([
      '__proto__',
      'constructor',
      'prototype',
      'headers.__proto__',
      'retry.__proto__',
    ]);
    expect(({} as Record<string, unknown>)['connections']).toBeUndefined();
  });

  it('refuses options that are no object', () => {
    expect(fail('http://x' as never).message).toContain('options: expected an object');
    expect(fail([] as never).message).toContain('found an array of 0');
    expect(fail(null as never).message).toContain('found null');
  });

  it('keeps a made-up name on one short line', () => {
    const { message } = fail({ ['a\r\nb'.repeat(100)]: 1 });

    expect(message.split('\n')).toHaveLength(1);
    expect(message.length).toBeLessThan(400);
  });

  it('gives settings that do not change with the options', () => {
    const options = { statuses: [500], headers: { a: 'b' } };

    const settings = parseSettings('thing()', table, options);
    options.statuses.push(501);
    options.headers.a = 'c';

    expect(settings.statuses).toEqual([500]);
    expect(settings.headers).toEqual({ a: 'b' });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('lets a custom setting say what is wrong, and where', () => {
    const entries = defineSettings({
      proxy: setting.custom<URL, string | URL>({
        expected: 'a URL',
        optional: true,
        check(value, report) {
          if (typeof value !== 'string') return undefined;
          if (!URL.canParse(value)) report('expected a host, found none', '.host');
          else return new URL(value);
          return undefined;
        },
      }),
    });

    expect(parseSettings('thing()', entries, { proxy: 'http://p' }).proxy?.host).toBe('p');
    expect(parseSettings('thing()', entries, {}).proxy).toBeUndefined();
    expect(fail({ proxy: 'p' }, entries).message).toContain('proxy.host: expected a host');
    expect(fail({ proxy: 1 }, entries).message).toContain('proxy: expected a URL, found 1');
  });
});
