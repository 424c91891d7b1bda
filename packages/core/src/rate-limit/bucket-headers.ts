import type { ResponseHeaders } from '../transport.ts';
import { type BucketName, makeBucket, type NamedBucket } from './rate-limit-bucket.ts';
import { readAmount, readResetMs } from './reset-time.ts';

/** What services call their limits, in the names of headers. */
const NAMES: Readonly<Record<string, BucketName>> = {
  '': 'requests', // GitHub, Together, the IETF
  requests: 'requests',
  'project-requests': 'requests',
  'requests-minute': 'requests',
  'requests-day': 'requests',
  tokens: 'tokens',
  tokens_usage_based: 'tokens',
  'project-tokens': 'tokens',
  'tokens-minute': 'tokens',
  'tokens-day': 'tokens',
  'input-tokens': 'inputTokens',
  'tokens-prompt': 'inputTokens',
  'output-tokens': 'outputTokens',
  'tokens-generated': 'outputTokens',
};

const FAMILIES = ['x-ratelimit-', 'anthropic-ratelimit-', 'ratelimit-', 'x-rate-limit-'];

type Field = 'limit' | 'remaining' | 'reset' | 'renewalperiod';
type Fields = { [Name in Field]?: string };

/**
 * The limits in headers that have one field each: `x-ratelimit-remaining-tokens`,
 * `anthropic-ratelimit-tokens-remaining`, `ratelimit-remaining`. What a proxy passes on under
 * another name (`llm_provider-x-ratelimit-...`) is a limit between it and its own peer.
 */
export function readBucketHeaders(headers: ResponseHeaders, nowMs: number): NamedBucket[] {
  const found = new Map<string, Fields>();
  for (const header of Object.keys(headers)) {
    const family = FAMILIES.find((prefix) => header.startsWith(prefix));
    if (family === undefined || header.length > 64) continue;
    const parts = splitName(header.slice(family.length));
    if (parts === undefined || !Object.hasOwn(NAMES, parts.name)) continue;
    const key = `${family} ${parts.name}`;
    const fields = found.get(key) ?? {};
    fields[parts.field] = firstText(headers[header]) ?? '';
    found.set(key, fields);
  }
  const bareUnitMs = isAzure(headers) ? 1 : 1000;
  return Array.from(found, ([key, fields]) => {
    const name = NAMES[key.slice(key.indexOf(' ') + 1)];
    const window = readAmount(fields.renewalperiod);
    return {
      name,
      bucket: makeBucket({
        // Older drafts of the IETF repeat the policy behind the limit: `100, 100;w=60`.
        limit: readAmount(fields.limit?.split(/[,;]/, 1)[0]?.trim()),
        remaining: readAmount(fields.remaining),
        resetInMs: readResetMs(fields.reset, nowMs, bareUnitMs),
        windowMs: window === undefined ? undefined : window * 1000,
      }),
    };
  });
}

/** `limit-tokens`, `tokens-limit`, `limit`. */
function splitName(rest: string): { readonly name: string; readonly field: Field } | undefined {
  const found =
    /^(?<field>limit|remaining|reset|renewalperiod)(?:-(?<name>.+))?$/.exec(rest) ??
    /^(?<name>.+)-(?<field>limit|remaining|reset)$/.exec(rest);
  if (found === null) return undefined;
  return { name: found.groups?.['name'] ?? '', field: found.groups!['field'] as Field };
}

/** Azure writes resets in milliseconds where all others write seconds. */
function isAzure(headers: ResponseHeaders): boolean {
  return (
    headers['apim-request-id'] !== undefined ||
    headers['x-ms-region'] !== undefined ||
    headers['x-ratelimit-renewalperiod-requests'] !== undefined ||
    headers['x-ratelimit-renewalperiod-tokens'] !== undefined
  );
}

/** The first value of a header, without the space around it. */
export function firstText(value: string | readonly string[] | undefined): string | undefined {
  const text = typeof value === 'object' ? value[0] : value;
  return text?.trim();
}
