import { describeValue } from './describe-value.ts';
import { isPlainObject } from './is-plain-object.ts';
import type { ReportProblem, Setting, SettingsEntries } from './setting.ts';
import { suggestName } from './suggest-name.ts';

/** One value that was given, and from where. */
export interface Given {
  readonly value: unknown;
  /** What the user wrote instead of the option's name: an alias, an environment variable. */
  readonly label?: string;
  /** Whether the environment gave it. */
  readonly fromEnvironment?: boolean;
}

/** What was given for one table, by option. The value of a group may be such a map itself. */
export class GivenOptions extends Map<string, Given> {
  /** Every name that was written, those with the value `undefined` too: a typo is one anyway. */
  readonly names: Set<string> = new Set();
}

/**
 * Reads a group of options given as an object: own keys only, each read once, so that a getter
 * cannot give one value to the check and another to the program.
 */
export function readGroup(
  entries: SettingsEntries,
  value: unknown,
  report: ReportProblem,
): Readonly<Record<string, unknown>> | undefined {
  const given = takeOwn(value);
  if (given === undefined) return undefined;
  return readEntries(entries, given, (message, at, label) => report(message, `.${at}`, label));
}

/** The own enumerable properties of a plain object that are not `undefined`; `undefined` for anything else. */
export function takeOwn(value: unknown): GivenOptions | undefined {
  if (value instanceof GivenOptions) return value;
  if (!isPlainObject(value)) return undefined;
  const given = new GivenOptions();
  for (const [name, own] of Object.entries(value)) {
    given.names.add(name);
    if (own !== undefined) given.set(name, { value: own });
  }
  return given;
}

/** Reads every entry of a table, and reports unknown, missing and wrong options. */
export function readEntries(
  entries: SettingsEntries,
  given: GivenOptions,
  report: (message: string, option: string, label?: string) => void,
): Readonly<Record<string, unknown>> {
  const names = Object.keys(entries);
  for (const name of given.names) {
    if (!Object.hasOwn(entries, name)) report(unknownOption(name, entries), printable(name));
  }
  const settings: Record<string, unknown> = {};
  for (const name of names) {
    const setting = entries[name]!;
    if (setting.shape.type === 'alias') moveAlias(name, setting.shape.of, given, report);
  }
  for (const name of names) {
    const setting = entries[name]!;
    if (setting.shape.type === 'alias') continue;
    settings[name] = readEntry(name, setting, given.get(name), report);
  }
  return Object.freeze(settings);
}

function moveAlias(
  name: string,
  of: string,
  given: GivenOptions,
  report: (message: string, option: string) => void,
): void {
  const own = given.get(name);
  if (own === undefined) return;
  const other = given.get(of);
  if (other === undefined) given.set(of, { ...own, label: name });
  else report(`is another name for '${of}': expected one of the two, found both`, name);
}

function readEntry(
  name: string,
  setting: Setting,
  given: Given | undefined,
  report: (message: string, option: string, label?: string) => void,
): unknown {
  const value = given === undefined ? setting.default : given.value;
  if (value === undefined) {
    if (setting.required) report(`expected ${setting.expected}, found nothing`, name);
    return undefined;
  }
  return readValue(setting, value, (message, at = '', label) =>
    report(message, name + at, label ?? (given?.label && given.label + at)),
  );
}

/** Reads one item of a list or record. */
export function readItem<Output>(
  setting: Setting<Output>,
  value: unknown,
  at: string,
  report: ReportProblem,
): Output | undefined {
  return readValue(setting, value, (message, deeper = '') => report(message, at + deeper));
}

function readValue<Output>(
  setting: Setting<Output>,
  value: unknown,
  report: ReportProblem,
): Output | undefined {
  let reported = false;
  const result = setting.read(value, (message, at, label) => {
    reported = true;
    report(message, at, label);
  });
  if (result === undefined && !reported) {
    const found = setting.shape.type === 'secret' ? describeSecret(value) : describeValue(value);
    report(`expected ${setting.expected}, found ${found}`);
  }
  return result;
}

function describeSecret(value: unknown): string {
  if (value === '') return 'an empty string';
  return typeof value === 'object' || typeof value === 'function'
    ? describeValue(value)
    : `a ${typeof value}`;
}

/** A name that somebody made up, on one line and not for ever. */
function printable(name: string): string {
  if (/^[\w$.-]{1,64}$/.test(name)) return name;
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}...` : name);
}

function unknownOption(name: string, entries: SettingsEntries): string {
  if (name === '__proto__') return 'is not allowed as the name of an option';
  const names = Object.keys(entries);
  const meant = suggestName(name, names) ?? suggestMember(name, entries);
  return meant === undefined
    ? `is not an option; there are: ${names.join(', ')}`
    : `is not an option; did you mean '${meant}'?`;
}

/** `maxRetries` is `retry.maxRetries`. */
function suggestMember(name: string, entries: SettingsEntries): string | undefined {
  for (const [groupName, { shape }] of Object.entries(entries)) {
    if (shape.type !== 'group') continue;
    const meant = suggestName(name, Object.keys(shape.members));
    if (meant !== undefined) return `${groupName}.${meant}`;
  }
  return undefined;
}
