import { Secret } from '../secrets/secret.ts';
import { parseBoolean, parseDictionary, parseNumber } from './environment-text.ts';
import { isPlainObject } from './is-plain-object.ts';
import { readGroup, readItem } from './read-entries.ts';
import type {
  Alias,
  OptionsOf,
  ReportProblem,
  Setting,
  SettingFacts,
  SettingFor,
  SettingsEntries,
  SettingShape,
  SettingsOf,
} from './setting.ts';

/** The limits of a number. */
export interface NumberFacts extends SettingFacts<number> {
  /** The least value allowed. */
  readonly min?: number;
  /** The greatest value allowed. */
  readonly max?: number;
  /** Whether `Infinity` is allowed: no limit. @default false */
  readonly orInfinity?: boolean;
}

/** The limits of a duration in milliseconds. */
export interface DurationFacts extends SettingFacts<number> {
  /** The least value allowed. @default above 0 */
  readonly min?: number;
  readonly max?: number;
  /** Whether `Infinity` is refused. @default false */
  readonly finite?: boolean;
}

/** What a setting of one's own is made of. */
export interface CustomFacts<Output> extends SettingFacts<unknown> {
  /** Stands after "expected": `'a URL'`, `'true, false or an object'`. */
  readonly expected: string;
  /**
   * Gives the value in the form that the program works with, or `undefined` when it is not what was
   * expected. A `report` with a message of its own replaces "expected ..., found ...".
   */
  readonly check: (value: unknown, report: ReportProblem) => Output | undefined;
  /** Reads the text of an environment variable. @default the text itself is checked */
  readonly fromText?: (text: string) => unknown;
}

/** How a group of settings may be given. */
export interface GroupFacts {
  /** Whether `false` turns the group off as a whole. @default false */
  readonly orFalse?: boolean;
  /** What an absent group is: `false`, or a group of defaults. @default a group of defaults */
  readonly default?: false;
  readonly optional?: true;
  /** Put before the environment names of its members; `false` for no names. @default nothing */
  readonly env?: string | false;
}

type GroupValue<Value, Facts> = Value | (Facts extends { readonly orFalse: true } ? false : never);
type GroupSetting<Entries extends SettingsEntries, Facts> = Setting<
  | GroupValue<SettingsOf<Entries>, Facts>
  | (Facts extends { readonly optional: true } ? undefined : never)
  | (Facts extends { readonly default: false } ? false : never),
  GroupValue<OptionsOf<Entries>, Facts>,
  false
>;

/** `true` or `false`. */
export function boolean<const Facts extends SettingFacts<boolean>>(
  facts?: Facts,
): SettingFor<Facts, boolean> {
  return make(facts, 'true or false', { type: 'boolean' }, asBoolean, parseBoolean);
}

/** A whole number, within its limits. */
export function integer<const Facts extends NumberFacts>(facts?: Facts): SettingFor<Facts, number> {
  return numeric(facts, 'integer', 'an integer', { ...facts, above: false });
}

/** A number that is finite, or `Infinity` where that is allowed, within its limits. */
export function number<const Facts extends NumberFacts>(facts?: Facts): SettingFor<Facts, number> {
  return numeric(facts, 'number', 'a number', { ...facts, above: false });
}

/** A duration in milliseconds: above 0 unless `min` says otherwise; `Infinity` means no limit. */
export function durationMs<const Facts extends DurationFacts>(
  facts?: Facts,
): SettingFor<Facts, number> {
  return numeric(facts, 'number', 'a number of milliseconds', {
    min: facts?.min ?? 0,
    max: facts?.max,
    above: facts?.min === undefined,
    orInfinity: facts?.finite !== true,
  });
}

/** Text that is not empty. */
export function string<const Facts extends SettingFacts<string>>(
  facts?: Facts,
): SettingFor<Facts, string> {
  return make(facts, 'a string that is not empty', { type: 'string' }, (value) =>
    typeof value === 'string' && value !== '' ? value : undefined,
  );
}

/** One of some words. */
export function choice<const Word extends string, const Facts extends SettingFacts<NoInfer<Word>>>(
  choices: readonly Word[],
  facts?: Facts,
): SettingFor<Facts, Word> {
  const expected = `one of ${choices.map((word) => `'${word}'`).join(', ')}`;
  return make(facts, expected, { type: 'choice', choices }, (value) =>
    choices.find((word) => word === value),
  );
}

/** A key or password: never printed, and handed on as a {@link Secret}. */
export function secret<const Facts extends SettingFacts<string | Secret>>(
  facts?: Facts,
): SettingFor<Facts, Secret, string | Secret> {
  return make(facts, 'a string that is not empty', { type: 'secret' }, (value) => {
    if (value instanceof Secret) return value;
    return typeof value === 'string' && value !== '' ? new Secret(value) : undefined;
  });
}

/** A function. It has no environment variable. */
export function callback<Value extends (...args: never[]) => unknown>(
  facts: SettingFacts<Value> & { readonly optional: true },
): Setting<Value | undefined, Value, false>;
export function callback<Value extends (...args: never[]) => unknown>(
  facts: SettingFacts<Value> & { readonly default: Value },
): Setting<Value, Value, false>;
export function callback<Value extends (...args: never[]) => unknown>(
  facts?: SettingFacts<Value>,
): Setting<Value, Value, true>;
export function callback(facts?: SettingFacts<unknown>): Setting {
  return make({ env: false, ...facts }, 'a function', { type: 'other' }, (value) =>
    typeof value === 'function' ? value : undefined,
  );
}

/** A list, each item a setting. In the environment its items are separated by commas. */
export function list<Output, Input, const Facts extends SettingFacts<readonly Output[]>>(
  item: Setting<Output, Input>,
  facts?: Facts,
): SettingFor<Facts, readonly Output[], readonly Input[]> {
  return make(
    facts,
    `a list, each item ${item.expected}`,
    { type: 'list', item },
    (value, report) => {
      if (!Array.isArray(value)) return undefined;
      return Object.freeze(
        value.map((entry, index) => readItem(item, entry, `[${index}]`, report)),
      );
    },
    (text) => text.split(',').map((part) => part.trim()),
  );
}

/** Names and values. In the environment: `name=value,other=value`. */
export function record<
  Output,
  Input,
  const Facts extends SettingFacts<Readonly<Record<string, Output>>>,
>(
  value: Setting<Output, Input>,
  facts?: Facts,
): SettingFor<Facts, Readonly<Record<string, Output>>, Readonly<Record<string, Input>>> {
  return make(
    facts,
    `an object, each value ${value.expected}`,
    { type: 'record', value },
    (given, report) => {
      if (!isPlainObject(given)) return undefined;
      const result: Record<string, Output> = {};
      for (const [name, entry] of Object.entries(given)) {
        const read = readItem(value, entry, `.${name}`, report);
        if (name === '__proto__') report('is not allowed as a name', '.__proto__');
        else result[name] = read as Output;
      }
      return Object.freeze(result);
    },
    parseDictionary,
  );
}

/** Settings within a setting: `retry.maxRetries`. Left out, it is a group of defaults. */
export function group<const Entries extends SettingsEntries, const Facts extends GroupFacts>(
  members: Entries,
  facts?: Facts,
): GroupSetting<Entries, Facts> {
  const orFalse = facts?.orFalse === true || facts?.default === false;
  return {
    expected: orFalse ? 'an object or false' : 'an object',
    required: false,
    default: facts?.optional ? undefined : (facts?.default ?? {}),
    env: facts?.env,
    shape: { type: 'group', members, orFalse },
    read: (value: unknown, report: ReportProblem) =>
      value === false && orFalse ? value : readGroup(members, value, report),
    fromText: undefined,
  } as unknown as GroupSetting<Entries, Facts>;
}

/** Any other value. It has an environment variable only where `env` or `fromText` is given. */
export function custom<Output, Input = Output>(
  facts: CustomFacts<Output> & { readonly optional: true },
): Setting<Output | undefined, Input, false>;
export function custom<Output, Input = Output>(
  facts: CustomFacts<Output> & { readonly default: unknown },
): Setting<Output, Input, false>;
export function custom<Output, Input = Output>(
  facts: CustomFacts<Output>,
): Setting<Output, Input, true>;
export function custom(facts: CustomFacts<unknown>): Setting {
  const env = facts.env ?? (facts.fromText === undefined ? false : undefined);
  return make({ ...facts, env }, facts.expected, { type: 'other' }, facts.check, facts.fromText);
}

/** Another name for the option `of`. Only one of the two may be given. */
export function alias<Input>(of: string): Alias<Input> {
  return {
    expected: `what '${of}' takes`,
    required: false,
    default: undefined,
    env: false,
    shape: { type: 'alias', of },
    read: () => undefined,
    fromText: undefined,
  };
}

interface MadeOf {
  readonly default?: unknown;
  readonly optional?: true;
  readonly env?: string | false | undefined;
}

function make(
  facts: MadeOf | undefined,
  expected: string,
  shape: SettingShape,
  read: Setting['read'],
  fromText?: Setting['fromText'],
): never {
  const { default: initial, optional, env } = facts ?? {};
  const required = initial === undefined && optional !== true;
  return { expected, required, default: initial, env, shape, read, fromText } as never;
}

function asBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

interface NumericLimits {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly above: boolean;
  readonly orInfinity?: boolean;
}

function numeric(
  facts: SettingFacts<number> | undefined,
  type: 'integer' | 'number',
  noun: string,
  limits: NumericLimits,
): never {
  const { min = -Infinity, max = Infinity, above, orInfinity = false } = limits;
  const shape = { type, min, max, above, orInfinity } as const;
  const expected = `${noun}${range(min, max, above)}${orInfinity ? ', or Infinity for no limit' : ''}`;
  const read = (value: unknown): number | undefined => {
    if (typeof value !== 'number' || Number.isNaN(value)) return undefined;
    if (value === Infinity) return orInfinity ? value : undefined;
    if (type === 'integer' ? !Number.isSafeInteger(value) : value === -Infinity) return undefined;
    return value > max || value < min || (above && value === min) ? undefined : value;
  };
  return make(facts, expected, shape, read, parseNumber);
}

function range(min: number, max: number, above: boolean): string {
  const least = above ? `above ${min}` : `of ${min} or more`;
  if (max === Infinity) return min === -Infinity ? '' : ` ${least}`;
  if (min === -Infinity) return ` of ${max} or less`;
  return above ? ` ${least}, up to ${max}` : ` from ${min} to ${max}`;
}
