import { checkHeaders, HEADERS_EXPECTED } from '../client/check-headers.ts';
import {
  type ClientBaseOptions,
  type ClientSettings,
  clientSettings,
} from '../client/client-options.ts';
import { ConfigurationError } from '../errors/local-errors.ts';
import { parseDictionary } from '../settings/environment-text.ts';
import { isPlainObject } from '../settings/is-plain-object.ts';
import * as setting from '../settings/kinds.ts';
import type { ReportProblem, Setting, SettingsEntries } from '../settings/setting.ts';
import type { TransportLookup } from '../transport-registry.ts';

/** What a client is made of, as data: what every client takes, and what only its transport does. */
export interface ClientConfigOptions extends ClientBaseOptions {
  /** The name of the transport in the registry: `'http'`. */
  readonly type: string;
  /** Where the peer is. */
  readonly baseUrl?: string | URL | undefined;
  /** What is known of the client beside; `metadataKeys` of the manager says what of it is shown. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** What only the http transport takes: `connections`, `proxy`, `tls`. */
  readonly http?: object | undefined;
  /** What only the WebSocket transport takes. */
  readonly ws?: object | undefined;
  /** What only the transports of SDKs take: `provider`, `apiKey`. */
  readonly sdk?: object | undefined;
}

/** {@link ClientConfigOptions} without those of the transport alone, checked and with defaults. */
export interface ClientConfigSettings extends ClientSettings {
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
}

type Texts = Readonly<Record<string, string>>;

/** What stands beside the block of the transport. */
const commonEntries = {
  ...clientSettings,
  type: setting.string(),
  headers: texts('HEADERS', HEADERS_EXPECTED, checkHeaders),
  metadata: texts('METADATA', 'an object of names and texts', checkTexts),
};

/** The address, as long as it is not known what the transport expects. */
const anyAddress = setting.custom<string | URL>({
  optional: true,
  env: 'BASE_URL',
  expected: 'a URL',
  check: (value) =>
    (typeof value === 'string' && value !== '') || value instanceof URL ? value : undefined,
});

/** A block that no table knows: what it holds is handed on, and not shown. */
export const anyBlock: Setting = setting.custom<object>({
  optional: true,
  expected: 'an object',
  check: (value) => (isPlainObject(value) ? value : undefined),
});

/** Names of transports whose options stand in a block of another name. */
const BLOCKS: Texts = { websocket: 'ws', openai: 'sdk', anthropic: 'sdk' };
const KNOWN_BLOCKS = ['http', 'ws', 'sdk'];

/**
 * The name of the block for what only transports of this type take: the type itself, `ws` for
 * WebSockets, `sdk` for SDKs, and `options` for a type that has the name of another option.
 */
export function blockOf(type: string): string {
  if (Object.hasOwn(BLOCKS, type)) return BLOCKS[type]!;
  return Object.hasOwn(commonEntries, type) || type === 'baseUrl' ? 'options' : type;
}

/**
 * The table of the configurations of a type. Without a registry, what stands in the block is left to
 * the one that makes the client.
 */
export function configTable(
  type: string | undefined,
  registry: TransportLookup | undefined,
): SettingsEntries {
  if (type === undefined) return tableOf(KNOWN_BLOCKS);
  const block = blockOf(type);
  if (registry === undefined) return tableOf([block]);
  try {
    const { settings } = registry.get(type);
    return settings === undefined ? tableOf([block]) : tableWith(settings, block);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    // Which block it was to have is not known.
    const message = error.issues[0]?.message ?? error.message;
    return { ...tableOf([...KNOWN_BLOCKS, block]), type: refused(message) };
  }
}

/** With blocks that are not read. */
function tableOf(blocks: readonly string[]): SettingsEntries {
  const unread = Object.fromEntries(blocks.map((block) => [block, anyBlock]));
  return { ...commonEntries, baseUrl: anyAddress, ...unread };
}

/** What every client takes stands beside the block, where the transport takes it too. */
function tableWith(settings: SettingsEntries, block: string): SettingsEntries {
  const { baseUrl, ...others } = settings;
  const members = Object.entries(others).filter(([name]) => !Object.hasOwn(commonEntries, name));
  return {
    ...commonEntries,
    ...(baseUrl !== undefined && { baseUrl }),
    [block]: setting.group(Object.fromEntries(members)),
  };
}

function refused(message: string): Setting {
  return setting.custom({
    expected: 'the name of a transport',
    env: 'TYPE',
    check: (_value, report) => {
      report(message);
      return undefined;
    },
  });
}

/** Names and texts, in the environment `name=value,other=value`. */
function texts(
  env: string,
  expected: string,
  check: (value: unknown, report: ReportProblem) => Texts | undefined,
): Setting<Texts, Texts, false> {
  return setting.custom<Texts>({
    default: {},
    env,
    expected,
    fromText: parseDictionary,
    check(value, report) {
      if (typeof value !== 'string') return check(value, report);
      // It is not told: values may be secret.
      report('expected name=value,other=value, found text of another form');
      return undefined;
    },
  });
}

function checkTexts(value: unknown, report: ReportProblem): Texts | undefined {
  return setting.record(setting.string()).read(value, report);
}
