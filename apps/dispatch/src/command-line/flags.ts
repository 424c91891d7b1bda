import { parseArgs } from 'node:util';
import { type RowKind, rowKinds } from '../input/row.ts';

/** A flag of the command line. */
export interface Flag {
  readonly name: string;
  /** The option that it sets. */
  readonly option: string;
  /** What its value is, for the help; flags without one are switches. */
  readonly value?: string;
  readonly help: string;
}

/** The flags, in the order of the help. */
export const flags: readonly Flag[] = [
  {
    name: 'input',
    option: 'input',
    value: 'FILE',
    help: 'the rows, one JSON object a line; - is the standard input (the sample)',
  },
  {
    name: 'output',
    option: 'output',
    value: 'FILE',
    help: 'where the answers go; an output that is there is resumed (answers.jsonl)',
  },
  { name: 'base-url', option: 'baseUrl', value: 'URL', help: 'where all rows are sent' },
  ...rowKinds.map(baseUrlFlag),
  {
    name: 'fallback',
    option: 'fallback',
    value: 'URL',
    help: 'an OpenAI-compatible base URL: takes the chat and SDK rows whose own upstream is down',
  },
  {
    name: 'fallback-model',
    option: 'fallbackModel',
    value: 'NAME',
    help: 'the model that is asked there (that of the row)',
  },
  {
    name: 'rehearse',
    option: 'rehearse',
    help: 'send to the embedded upstreams, whatever keys are there',
  },
  {
    name: 'seed',
    option: 'seed',
    value: 'N',
    help: 'which failures the embedded upstreams rehearse (1)',
  },
  {
    name: 'concurrency',
    option: 'concurrency',
    value: 'N',
    help: 'rows in flight at the same time (10)',
  },
  {
    name: 'rpm',
    option: 'rpm',
    value: 'N',
    help: 'requests a minute to each upstream (as it says itself)',
  },
  {
    name: 'tpm',
    option: 'tpm',
    value: 'N',
    help: 'tokens a minute, read and written, of each model or agent (as it says itself)',
  },
  { name: 'retries', option: 'retries', value: 'N', help: 'how often a row is sent again (4)' },
  {
    name: 'no-resend',
    option: 'noResend',
    help: 'never repeat a request to a model or agent that may have been processed',
  },
  {
    name: 'timeout-ms',
    option: 'totalMs',
    value: 'MS',
    help: 'for one row, retries included (300000; rehearsal 20000)',
  },
  {
    name: 'first-event-ms',
    option: 'firstEventMs',
    value: 'MS',
    help: 'until a stream gives its first event, or a WebSocket an answer (60000; rehearsal 700)',
  },
  {
    name: 'event-idle-ms',
    option: 'eventIdleMs',
    value: 'MS',
    help: 'between two events of a stream (120000; rehearsal 700)',
  },
  {
    name: 'retry-failed',
    option: 'retryFailed',
    help: 'send the failed rows of the output once more',
  },
  { name: 'fresh', option: 'fresh', help: 'start over; the output is kept as FILE.previous' },
  { name: 'json', option: 'json', help: 'print the report as JSON' },
  { name: 'help', option: 'help', help: 'print this help' },
  { name: 'version', option: 'version', help: 'print the version' },
];

/** The option of a kind of rows: `vercelUiBaseUrl`. */
export function kindOption<Name extends 'BaseUrl' | 'ApiKey'>(
  kind: RowKind,
  name: Name,
): KindOption<Name> {
  const camel = kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return `${camel}${name}` as KindOption<Name>;
}

type KindOption<Name extends string> =
  `${'json' | 'chat' | 'messages' | 'agent' | 'vercelUi' | 'agUi' | 'webSocket' | 'openaiSdk' | 'anthropicSdk'}${Name}`;

function baseUrlFlag(kind: RowKind): Flag {
  return {
    name: `${kind}-base-url`,
    option: kindOption(kind, 'BaseUrl'),
    value: 'URL',
    help: `where rows of kind ${kind} are sent`,
  };
}

/** What stands on the command line: the options by name, and what is wrong with it. */
export interface ParsedFlags {
  /** Text for flags with a value, `true` for switches. */
  readonly options: Readonly<Record<string, string | true>>;
  readonly problems: readonly string[];
}

/** Reads the arguments. Nothing is thrown, so that their problems are told with all the others. */
export function parseFlags(args: readonly string[]): ParsedFlags {
  const known = Object.fromEntries(
    flags.map(({ name, value }) => [name, { type: value ? 'string' : 'boolean' } as const]),
  );
  const { tokens } = parseArgs({ args: [...args], options: known, strict: false, tokens: true });
  const options: Record<string, string | true> = {};
  const problems: string[] = [];

  for (const token of tokens) {
    if (token.kind === 'positional') {
      problems.push(`expected only flags, found ${JSON.stringify(token.value)}`);
    }
    if (token.kind !== 'option') continue;
    const flag = flags.find(({ name }) => name === token.name);
    if (flag === undefined) problems.push(`${token.rawName}: there is no such flag`);
    else if (flag.value === undefined && token.value !== undefined) {
      problems.push(`--${flag.name}: expected no value, found ${JSON.stringify(token.value)}`);
    } else if (flag.value !== undefined && isMissing(token.value, token.inlineValue)) {
      problems.push(`--${flag.name}: expected ${flag.value}, found nothing`);
    } else if (Object.hasOwn(options, flag.option)) {
      problems.push(`--${flag.name}: expected once, found twice`);
    } else options[flag.option] = token.value ?? true;
  }
  return { options, problems };
}

/** `--input --json` is a forgotten value, and `--input=--json` an odd one. */
function isMissing(value: string | undefined, inline: boolean | undefined): boolean {
  if (value === undefined || value === '') return true;
  return inline !== true && value.startsWith('--');
}
