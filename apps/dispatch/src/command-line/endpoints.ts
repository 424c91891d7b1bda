import { Secret } from 'linkspan';
import type { RowKind } from '../input/row.ts';
import type { Settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where rows of one kind are sent, and with which key. */
export interface Endpoint {
  readonly baseUrl: string;
  readonly apiKey: Secret | undefined;
  /** Its name in the output. */
  readonly label: string;
}

/** What an upstream is for: rows of a kind, or those whose own upstream is down. */
export type UpstreamId = RowKind | 'fallback';

/** The kinds that the fallback can take: any OpenAI-compatible endpoint understands such rows. */
export const FALLBACK_KINDS: ReadonlySet<RowKind> = new Set<RowKind>([
  'chat',
  'openai-sdk',
  'anthropic-sdk',
]);

/** The endpoints by what they are for. */
export type EndpointMap = Readonly<Partial<Record<UpstreamId, Endpoint>>>;

/** The endpoints of every kind that the input holds, and the fallback; `rehearsal` for the embedded upstreams. */
export type Endpoints = EndpointMap | 'rehearsal';

/** A provider whose key is known by the name of its variable. The key goes to its own origin alone. */
interface Provider {
  readonly keyName: string;
  readonly baseUrl: string;
  /** What its key sends there without a base URL, and the variable that names another one. */
  readonly takes?: { readonly kinds: readonly RowKind[]; readonly baseUrlName: string };
}

const providers: readonly Provider[] = [
  {
    keyName: 'OPENAI_API_KEY',
    baseUrl: 'https://api.openai.com/v1',
    takes: { kinds: ['chat', 'openai-sdk'], baseUrlName: 'OPENAI_BASE_URL' },
  },
  {
    keyName: 'ANTHROPIC_API_KEY',
    baseUrl: 'https://api.anthropic.com',
    takes: { kinds: ['messages', 'anthropic-sdk'], baseUrlName: 'ANTHROPIC_BASE_URL' },
  },
  { keyName: 'OPENROUTER_API_KEY', baseUrl: 'https://openrouter.ai' },
  { keyName: 'MISTRAL_API_KEY', baseUrl: 'https://api.mistral.ai' },
  { keyName: 'GROQ_API_KEY', baseUrl: 'https://api.groq.com' },
  { keyName: 'DEEPSEEK_API_KEY', baseUrl: 'https://api.deepseek.com' },
];

/**
 * Decides where the rows go. A base URL that was given wins; else a provider's key in the
 * environment sends the rows of its kind to that provider, but never the sample: it would cost money that
 * nobody meant to spend. Without either it is a rehearsal.
 *
 * @throws UsageError when some of the kinds have no base URL and others do.
 */
export function findEndpoints(
  kinds: readonly RowKind[],
  settings: Settings,
  env: Environment,
): Endpoints {
  const isGiven = [settings.common, ...Object.values(settings.byKind)].some(
    ({ baseUrl }) => baseUrl,
  );
  if (settings.rehearse) {
    if (!isGiven) return rehearsal(settings);
    throw new UsageError('Cannot start: --rehearse and a base URL exclude one another');
  }
  const found: Partial<Record<UpstreamId, Endpoint>> = {};
  const missing: RowKind[] = [];
  for (const kind of kinds) {
    const endpoint = givenEndpoint(kind, settings, env) ?? providerEndpoint(kind, settings, env);
    if (endpoint === undefined) missing.push(kind);
    else found[kind] = endpoint;
  }
  if (missing.length === kinds.length && !isGiven) return rehearsal(settings);
  if (missing.length === 0) return { ...found, ...fallbackEndpoint(kinds, settings, env) };
  const flags = missing.map((kind) => `--${kind}-base-url`).join(', ');
  throw new UsageError(
    `Cannot start: the input has rows of kind ${missing.join(', ')}, and they have no base URL; ` +
      `give ${flags} or --base-url, or --rehearse`,
  );
}

/** @throws UsageError when a fallback was given: a rehearsal has one of its own. */
function rehearsal({ fallback }: Settings): 'rehearsal' {
  if (fallback.baseUrl === undefined) return 'rehearsal';
  throw new UsageError(
    'Cannot start: --fallback: expected with a base URL or a key; a rehearsal has a fallback of its own',
  );
}

function fallbackEndpoint(
  kinds: readonly RowKind[],
  { fallback: { baseUrl, apiKey } }: Settings,
  env: Environment,
): Pick<EndpointMap, 'fallback'> {
  if (baseUrl === undefined || !kinds.some((kind) => FALLBACK_KINDS.has(kind))) return {};
  const { href, origin } = baseUrl;
  const key = apiKey ?? providerKey(baseUrl, env);
  return { fallback: { baseUrl: href, apiKey: key, label: origin } };
}

function givenEndpoint(
  kind: RowKind,
  { byKind, common }: Settings,
  env: Environment,
): Endpoint | undefined {
  const own = byKind[kind];
  const given = own.baseUrl === undefined ? common : own;
  if (given.baseUrl === undefined) return undefined;
  const apiKey = own.apiKey ?? given.apiKey ?? providerKey(given.baseUrl, env);
  const { href: baseUrl, origin } =
    kind === 'web-socket' ? ofWebSocket(given.baseUrl) : given.baseUrl;
  return { baseUrl, apiKey, label: origin };
}

/** The base URL of all rows, for those that are sent over a WebSocket. */
function ofWebSocket({ href }: URL): URL {
  return new URL(href.replace(/^http/, 'ws'));
}

function providerEndpoint(
  kind: RowKind,
  { input, byKind }: Settings,
  env: Environment,
): Endpoint | undefined {
  const provider = providers.find(({ takes }) => takes?.kinds.includes(kind));
  const key = env[provider?.keyName ?? ''];
  if (provider === undefined || input === undefined || !key) return undefined;
  const baseUrl = baseUrlOf(provider, env);
  const apiKey = byKind[kind].apiKey ?? new Secret(key);
  return { baseUrl: baseUrl.href, apiKey, label: baseUrl.origin };
}

/** @throws UsageError when the variable that names another base URL holds none. */
function baseUrlOf({ baseUrl, takes }: Provider, env: Environment): URL {
  const text = env[takes?.baseUrlName ?? ''] || baseUrl;
  const parsed = URL.parse(text);
  if (parsed !== null) return parsed;
  throw new UsageError(`Cannot start: ${takes?.baseUrlName}: expected a URL, found ${text}`);
}

function providerKey({ origin }: URL, env: Environment): Secret | undefined {
  const provider = providers.find(({ baseUrl, takes }) => {
    const other = URL.parse(env[takes?.baseUrlName ?? ''] ?? '');
    return origin === (other ?? new URL(baseUrl)).origin;
  });
  const key = env[provider?.keyName ?? ''];
  return key ? new Secret(key) : undefined;
}
