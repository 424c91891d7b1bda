import { expectTypeOf } from 'vitest';
import {
  defineSettings,
  type OptionsOf,
  parseSettings,
  type Secret,
  setting,
  type SettingsOf,
  type SettingsTable,
} from '@linkspan/core';

const members = defineSettings({ maxRetries: setting.integer({ default: 2 }) });
const table = defineSettings({
  model: setting.string(),
  connections: setting.integer({ default: 50 }),
  timeout: setting.alias<number>('connections'),
  apiKey: setting.secret({ optional: true }),
  mode: setting.choice(['a', 'b'], { default: 'a' }),
  statuses: setting.list(setting.integer(), { default: [] }),
  onRetry: setting.callback<(attempt: number) => void>({ optional: true }),
  proxy: setting.custom<URL, string>({ expected: 'a URL', check: () => undefined, default: 'x' }),
  retry: setting.group(members, { orFalse: true }),
});

interface Settings {
  readonly model: string;
  readonly connections: number;
  readonly apiKey: Secret | undefined;
  readonly mode: 'a' | 'b';
  readonly statuses: readonly number[];
  readonly onRetry: ((attempt: number) => void) | undefined;
  readonly proxy: URL;
  readonly retry: { readonly maxRetries: number } | false;
}

interface Options {
  readonly model: string;
  readonly connections?: number | undefined;
  readonly timeout?: number | undefined;
  readonly apiKey?: string | Secret | undefined;
  readonly mode?: 'a' | 'b' | undefined;
  readonly statuses?: readonly number[] | undefined;
  readonly onRetry?: ((attempt: number) => void) | undefined;
  readonly proxy?: string | undefined;
  readonly retry?: { readonly maxRetries?: number | undefined } | false | undefined;
}

expectTypeOf<SettingsOf<typeof table>>().toEqualTypeOf<Settings>();
expectTypeOf<OptionsOf<typeof table>>().branded.toEqualTypeOf<Options>();
expectTypeOf(parseSettings('x', table, {})).toEqualTypeOf<Settings>();

// The annotation of an exported table holds it against the interfaces written by hand.
const annotated: SettingsTable<Settings, Options> = table;
expectTypeOf(parseSettings('x', annotated, {})).toEqualTypeOf<Settings>();
expectTypeOf<OptionsOf<typeof annotated>>().branded.toEqualTypeOf<Options>();

interface Limit {
  readonly limit: number;
}
interface LimitOptions {
  readonly limit?: number;
}
const right: SettingsTable<Limit, LimitOptions> = { limit: setting.integer({ default: 1 }) };
expectTypeOf(right).toExtend<object>();
// @ts-expect-error a default is missing: the settings have no maybes
const maybe: SettingsTable<Limit, LimitOptions> = { limit: setting.integer({ optional: true }) };
// @ts-expect-error it would have to be given, but the options say that it need not
const required: SettingsTable<Limit, LimitOptions> = { limit: setting.integer() };
// @ts-expect-error another type
const type: SettingsTable<Limit, LimitOptions> = { limit: setting.boolean({ default: true }) };
// @ts-expect-error an option without an entry
const missing: SettingsTable<Limit, LimitOptions & { readonly more?: string }> = right;
expectTypeOf([maybe, required, type, missing]).toBeArray();
