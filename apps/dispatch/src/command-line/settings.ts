import {
  ConfigurationError,
  defineSettings,
  resolveConfig,
  type Secret,
  setting,
  type SettingsOf,
} from 'linkspan';
import { flags, kindOption, type ParsedFlags } from './flags.ts';
import { type RowKind, rowKinds } from '../input/row.ts';
import { UsageError } from './usage-error.ts';

const url = setting.custom<URL, string>({
  optional: true,
  expected: 'an http or https URL',
  check: (value, report) => parseUrl(String(value), report, ['http', 'https']),
  fromText: (text) => text,
});
const webSocketUrl = setting.custom<URL, string>({
  optional: true,
  expected: 'a ws or wss URL',
  check: (value, report) => parseUrl(String(value), report, ['ws', 'wss']),
  fromText: (text) => text,
});
const flagOnly = setting.boolean({ default: false, env: false });
const key = setting.secret({ optional: true });

const table = defineSettings({
  input: setting.string({ optional: true }),
  output: setting.string({ default: 'answers.jsonl' }),
  baseUrl: url,
  jsonBaseUrl: url,
  chatBaseUrl: url,
  messagesBaseUrl: url,
  agentBaseUrl: url,
  vercelUiBaseUrl: url,
  agUiBaseUrl: url,
  webSocketBaseUrl: webSocketUrl,
  openaiSdkBaseUrl: url,
  anthropicSdkBaseUrl: url,
  apiKey: key,
  jsonApiKey: key,
  chatApiKey: key,
  messagesApiKey: key,
  agentApiKey: key,
  vercelUiApiKey: key,
  agUiApiKey: key,
  webSocketApiKey: key,
  openaiSdkApiKey: key,
  anthropicSdkApiKey: key,
  fallback: url,
  fallbackModel: setting.string({ optional: true }),
  fallbackApiKey: key,
  rehearse: setting.boolean({ default: false }),
  seed: setting.integer({ default: 1, min: 0 }),
  concurrency: setting.integer({ default: 10, min: 1, max: 1000 }),
  retries: setting.integer({ default: 4, min: 0, max: 100, env: 'MAX_RETRIES' }),
  rpm: setting.integer({ optional: true, min: 1 }),
  tpm: setting.integer({ optional: true, min: 1 }),
  noResend: setting.boolean({ default: false }),
  totalMs: setting.durationMs({ optional: true }),
  firstEventMs: setting.durationMs({ optional: true }),
  eventIdleMs: setting.durationMs({ optional: true }),
  retryFailed: flagOnly,
  fresh: flagOnly,
  json: flagOnly,
});

/** A base URL of one kind of rows, and the key that was given for it. */
export interface GivenEndpoint {
  readonly baseUrl: URL | undefined;
  readonly apiKey: Secret | undefined;
}

/** What was asked for, checked. */
export interface Settings {
  /** `undefined` for the sample. */
  readonly input: string | undefined;
  readonly output: string;
  /** For rows of every kind. */
  readonly common: GivenEndpoint;
  readonly byKind: Readonly<Record<RowKind, GivenEndpoint>>;
  /** Where rows to models go whose own upstream is down. */
  readonly fallback: GivenEndpoint;
  /** The model that the fallback is asked for; `undefined` for that of the row. */
  readonly fallbackModel: string | undefined;
  readonly rehearse: boolean;
  readonly seed: number;
  readonly concurrency: number;
  readonly retries: number;
  /** Requests, and tokens, a minute to each upstream; `undefined` for what it says itself. */
  readonly rpm: number | undefined;
  readonly tpm: number | undefined;
  readonly noResend: boolean;
  /** `undefined` where the default depends on who answers. */
  readonly totalMs: number | undefined;
  readonly firstEventMs: number | undefined;
  readonly eventIdleMs: number | undefined;
  readonly retryFailed: boolean;
  readonly fresh: boolean;
  readonly json: boolean;
}

/**
 * The settings of a run: flags, then the environment, then defaults.
 *
 * @throws UsageError with all that is wrong with the flags and the environment.
 */
export function resolveSettings(
  { options, problems }: ParsedFlags,
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  const found = [...problems];
  try {
    const resolved = resolveConfig(table, readTexts(options), { env });
    const { baseUrl, apiKey, fallback, fallbackApiKey, ...others } = resolved;
    if (others.fresh && others.retryFailed) {
      found.push('--retry-failed: expected without --fresh, found both');
    }
    if (others.fallbackModel !== undefined && fallback === undefined) {
      found.push('--fallback-model: expected with --fallback, found alone');
    }
    if (found.length === 0) {
      return {
        ...others,
        common: { baseUrl, apiKey },
        fallback: { baseUrl: fallback, apiKey: fallbackApiKey },
        byKind: Object.fromEntries(
          rowKinds.map((kind) => [kind, givenEndpoint(kind, resolved)]),
        ) as Settings['byKind'],
      };
    }
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    found.push(...error.issues.map(({ option, message }) => `${asFlag(option)}: ${message}`));
  }
  const count = found.length === 1 ? '1 problem' : `${found.length} problems`;
  throw new UsageError(
    `Cannot start: ${count} (see --help), nothing was sent\n  ${found.join('\n  ')}`,
  );
}

function givenEndpoint(kind: RowKind, resolved: SettingsOf<typeof table>): GivenEndpoint {
  return {
    baseUrl: resolved[kindOption(kind, 'BaseUrl')],
    apiKey: resolved[kindOption(kind, 'ApiKey')],
  };
}

/** The text of a flag as the value it stands for; what is none is left for the check to refuse. */
function readTexts(options: ParsedFlags['options']): Record<string, unknown> {
  const entries: Readonly<
    Record<string, { readonly fromText?: ((text: string) => unknown) | undefined }>
  > = table;
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      const fromText = entries[name]?.fromText;
      return [name, typeof value === 'string' && fromText ? fromText(value) : value];
    }),
  );
}

function asFlag(option: string): string {
  const flag = flags.find((candidate) => candidate.option === option);
  return flag === undefined ? option : `--${flag.name}`;
}

function parseUrl(
  text: string,
  report: (message: string) => void,
  schemes: readonly string[],
): URL | undefined {
  const parsed = URL.parse(text);
  const isKnown = parsed !== null && schemes.includes(parsed.protocol.slice(0, -1));
  if (isKnown && parsed.username === '' && parsed.password === '') return parsed;
  const shown = JSON.stringify(text.replace(/\/\/[^/]*@/, '//[redacted]@'));
  const [first, second] = schemes;
  const article = first === 'http' ? 'an' : 'a';
  report(`expected ${article} ${first} or ${second} URL without a user name, found ${shown}`);
  return undefined;
}
