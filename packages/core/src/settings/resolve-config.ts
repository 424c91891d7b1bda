import { type Environment, processEnvironment, readVariable } from './environment.ts';
import { readSettings, takeOptions } from './parse-settings.ts';
import { type Given, GivenOptions, takeOwn } from './read-entries.ts';
import type { Setting, SettingsEntries, SettingsOf } from './setting.ts';

/** An older name of an environment variable. */
export interface EnvAlias {
  /** The whole name of the variable, prefix included. */
  readonly name: string;
  /** The unit of its number, where the option is in milliseconds. @default 'ms' */
  readonly unit?: 'ms' | 's';
}

/** Where configuration comes from, beside the options. */
export interface ConfigSources {
  /** @default the environment of the process */
  readonly env?: Environment | undefined;
  /** What the names of variables begin with. @default 'LINKSPAN_' */
  readonly prefix?: string | undefined;
  /** Older names, by option: `{ totalMs: { name: 'PYNECTOR_TIMEOUT', unit: 's' }, 'retry.maxRetries': 'PYNECTOR_RETRY_COUNT' }`. */
  readonly envAliases?: Readonly<Record<string, string | EnvAlias>> | undefined;
  /** What is being configured, for messages. @default 'the options' */
  readonly subject?: string | undefined;
}

/**
 * Resolves options to settings: an argument wins over the environment, which wins over the default.
 * A variable is named like its option, in upper snake case behind the prefix: `LINKSPAN_TOTAL_MS`
 * for `totalMs`, `LINKSPAN_MAX_RETRIES` for `retry.maxRetries`. An empty variable is not set.
 *
 * @throws ConfigurationError with every problem, of options and of variables, at once.
 */
export function resolveConfig<const Entries extends SettingsEntries>(
  entries: Entries,
  options: object | undefined,
  sources: ConfigSources = {},
): SettingsOf<Entries> {
  return gatherConfig(entries, options, sources).settings;
}

/** The settings, and what was given for them by argument or environment. */
export function gatherConfig<Entries extends SettingsEntries>(
  entries: Entries,
  options: object | undefined,
  sources: ConfigSources,
): { readonly settings: SettingsOf<Entries>; readonly given: GivenOptions } {
  const { subject = 'the options', prefix = 'LINKSPAN_' } = sources;
  const { env = processEnvironment(), envAliases = {} } = sources;
  const given = takeOptions(subject, options);
  addVariables(entries, given, { env, envAliases }, prefix, '');
  return { settings: readSettings(subject, entries, given), given };
}

type Variables = Required<Pick<ConfigSources, 'env' | 'envAliases'>>;

/** Adds what the environment says about options that were not given. */
function addVariables(
  entries: SettingsEntries,
  given: GivenOptions,
  variables: Variables,
  prefix: string,
  path: string,
): void {
  const byAlias = new Set<string>();
  for (const [name, { shape }] of Object.entries(entries)) {
    if (shape.type === 'alias' && given.has(name)) byAlias.add(shape.of);
  }
  for (const [name, setting] of Object.entries(entries)) {
    if (setting.shape.type === 'group') {
      addGroup(name, setting, setting.shape.members, given, variables, prefix, path);
    } else if (!given.has(name) && !byAlias.has(name)) {
      const found = findVariable(name, setting, variables, prefix, path);
      if (found !== undefined) given.set(name, found);
    }
  }
}

function addGroup(
  name: string,
  setting: Setting,
  members: SettingsEntries,
  given: GivenOptions,
  variables: Variables,
  prefix: string,
  path: string,
): void {
  const outer = given.get(name);
  const inner = outer === undefined ? new GivenOptions() : takeOwn(outer.value);
  // `false`, or a mistake: the group is given as a whole.
  if (inner === undefined || setting.env === false) return;
  const own = setting.env === undefined ? prefix : `${prefix}${setting.env}_`;
  addVariables(members, inner, variables, own, `${path}${name}.`);
  if (inner.size > 0) given.set(name, { value: inner });
}

function findVariable(
  name: string,
  setting: Setting,
  { env = {}, envAliases = {} }: Variables,
  prefix: string,
  path: string,
): Given | undefined {
  if (setting.env === false) return undefined;
  const option = path + name;
  const alias = Object.hasOwn(envAliases, option) ? envAliases[option] : undefined;
  const places: EnvAlias[] = [{ name: prefix + variableName(name, setting) }];
  if (alias !== undefined) places.push(typeof alias === 'string' ? { name: alias } : alias);
  for (const { name: variable, unit } of places) {
    const text = readVariable(env, variable);
    if (text === undefined) continue;
    const value = setting.fromText === undefined ? text : setting.fromText(text);
    const scaled = typeof value === 'number' && unit === 's' ? value * 1000 : value;
    return { value: scaled, label: variable, fromEnvironment: true };
  }
  return undefined;
}

/** `totalMs` becomes `TOTAL_MS`, `allowH2` `ALLOW_H2`. */
function variableName(name: string, { env }: Setting): string {
  if (typeof env === 'string') return env;
  return name.replace(/([a-z\d])([A-Z])/g, '$1_$2').toUpperCase();
}
