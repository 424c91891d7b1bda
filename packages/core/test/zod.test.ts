import { defineSettings, parseSettings, Secret, setting } from '@linkspan/core';
import { settingsSchema } from '@linkspan/core/zod';
import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';

const table = defineSettings({
  model: setting.string(),
  connections: setting.integer({ default: 50, min: 1, orInfinity: true }),
  ratio: setting.number({ default: 0.1, min: 0, max: 1 }),
  totalMs: setting.durationMs({ default: 60_000 }),
  timeout: setting.alias<number>('totalMs'),
  verifyTls: setting.boolean({ default: true }),
  apiKey: setting.secret({ optional: true }),
  mode: setting.choice(['strict', 'lax'], { default: 'strict' }),
  statuses: setting.list(setting.integer({ min: 100, max: 599 }), { default: [] }),
  headers: setting.record(setting.string(), { default: {} }),
  onRetry: setting.callback<() => void>({ optional: true }),
  proxy: setting.custom<URL, string>({
    expected: 'a URL',
    optional: true,
    check: (value) =>
      typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined,
  }),
  retry: setting.group(defineSettings({ maxRetries: setting.integer({ default: 2, min: 0 }) }), {
    orFalse: true,
  }),
  tls: setting.group(defineSettings({ caFile: setting.string({ optional: true }) })),
});
const schema = settingsSchema(table);

const accepts = (options: object): boolean => {
  try {
    parseSettings('x', table, options);
    return true;
  } catch {
    return false;
  }
};

describe('settingsSchema()', () => {
  it('gives the options as they are', () => {
    const options = {
      model: 'm',
      connections: Infinity,
      apiKey: new Secret('k'),
      retry: false,
      proxy: 'http://p',
      totalMs: undefined,
    } as const;

    expect(schema.parse(options)).toEqual(options);
  });

  it('stands within schemas of others', () => {
    const config = z.object({ http: schema, workers: z.int() });

    expect(config.parse({ http: { model: 'm' }, workers: 2 })).toEqual({
      http: { model: 'm' },
      workers: 2,
    });
    expectTypeOf<z.input<typeof config>['http']['connections']>().toEqualTypeOf<
      number | undefined
    >();
    expectTypeOf<z.output<typeof config>['http']['model']>().toEqualTypeOf<string>();
  });

  it('tells what is wrong, and where', () => {
    const { error } = schema.safeParse({
      model: 1,
      conections: 1,
      totalMs: 1,
      timeout: 2,
      proxy: 'p',
      retry: { maxRetries: -1 },
    });

    const told = error?.issues.map(
      ({ path, message, code }) => `${path.join('.')} ${code} ${message}`,
    );
    expect(told).toEqual([
      expect.stringMatching(/^model invalid_type/),
      'proxy custom expected a URL',
      expect.stringMatching(/^retry.maxRetries too_small/),
      expect.stringMatching(/unrecognized_keys.*conections/),
    ]);
    expect(schema.safeParse({ model: 'm', totalMs: 1, timeout: 2 }).error?.issues[0]).toMatchObject(
      {
        path: ['timeout'],
        message: "is another name for 'totalMs': expected one of the two, found both",
      },
    );
  });

  it('accepts what parseSettings() accepts, and nothing else', () => {
    const found: readonly unknown[] = [
      [0, 1, -1, 0.5, 2, 100, 599, 600, Infinity, -Infinity, NaN, 2 ** 53],
      ['', 'x', 'strict', 'http://p', true, false, null, undefined],
      [[], [200], [99], ['x'], {}, { a: 'b' }, { a: '' }, { a: 1 }, { maxRetries: 1 }],
      [{ maxRetries: -1 }, { maxRetries: '1' }, { caFile: 'x' }, { caFile: '' }, { more: 1 }],
      [() => {}],
    ].flat();
    const values = fc.oneof(fc.constantFrom(...found), fc.double(), fc.string());
    const names = fc.constantFrom(...Object.keys(table), 'unknown');
    fc.assert(
      fc.property(fc.dictionary(names, values, { maxKeys: 3, noNullPrototype: true }), (given) => {
        const options = Object.assign({ model: 'm' }, given);
        expect(schema.safeParse(options).success).toBe(accepts(options));
      }),
      { numRuns: 2000 },
    );
  });

  it('becomes a JSON Schema', () => {
    const json = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' });

    expect(json).toMatchObject({
      type: 'object',
      required: ['model'],
      additionalProperties: false,
      properties: {
        ratio: { type: 'number', minimum: 0, maximum: 1, description: 'a number from 0 to 1' },
        mode: { enum: ['strict', 'lax'] },
      },
    });
  });
});
