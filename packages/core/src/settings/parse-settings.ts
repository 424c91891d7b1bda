import { ConfigurationError, type ConfigurationIssue } from '../errors/local-errors.ts';
import { describeValue } from './describe-value.ts';
import { type GivenOptions, readEntries, takeOwn } from './read-entries.ts';
import type { SettingsEntries, SettingsOf } from './setting.ts';

/**
 * Gives a table of settings the type of its entries. The table is the only source of what an option
 * is: its check, default, environment name and schema all come from it.
 */
export function defineSettings<const Entries extends SettingsEntries>(entries: Entries): Entries {
  return entries;
}

/**
 * Checks options against their table and gives the settings: every option there, defaults filled
 * in, frozen. Own properties count, each is read once, and one that is `undefined` is not given.
 *
 * @param subject what is being made, for the message: `'httpTransport()'`
 * @throws ConfigurationError with every unknown name, missing option, wrong type and value.
 */
export function parseSettings<const Entries extends SettingsEntries>(
  subject: string,
  entries: Entries,
  options: object | undefined,
): SettingsOf<Entries> {
  return readSettings(subject, entries, takeOptions(subject, options));
}

/** What an options object holds. @throws ConfigurationError when it is not an object. */
export function takeOptions(subject: string, options: object | undefined): GivenOptions {
  const given = takeOwn(options === undefined ? {} : options);
  if (given !== undefined) return given;
  const message = `expected an object, found ${describeValue(options)}`;
  throw configurationError(subject, [{ option: 'options', message }]);
}

/** Reads options that were taken from several sources. */
export function readSettings<Entries extends SettingsEntries>(
  subject: string,
  entries: Entries,
  given: GivenOptions,
): SettingsOf<Entries> {
  const issues: ConfigurationIssue[] = [];
  const settings = readEntries(entries, given, (message, option, label = option) => {
    issues.push({ option: label, message });
  });
  if (issues.length > 0) throw configurationError(subject, issues);
  return settings as SettingsOf<Entries>;
}

/** The error for a list of issues: one in one line, several each in a line of its own. */
export function configurationError(
  subject: string,
  issues: readonly ConfigurationIssue[],
): ConfigurationError {
  const lines = issues.map(({ option, message }) => `${option}: ${message}`);
  const told =
    lines.length === 1 ? lines[0] : `${lines.length} problems\n  - ${lines.join('\n  - ')}`;
  return new ConfigurationError(`Cannot configure ${subject}: ${told}`, { issues });
}
