import type { ResponseHeaders } from '../transport.ts';
import { type BucketName, makeBucket, type NamedBucket } from './rate-limit-bucket.ts';
import { readAmount } from './reset-time.ts';

/** The longest field that is looked at. */
const LONGEST_FIELD = 4096;

/** Units of quota that are calls or tokens; others (`content-bytes`) are limits of something else. */
const UNITS: Readonly<Record<string, BucketName>> = {
  requests: 'requests',
  tokens: 'tokens',
  'input-tokens': 'inputTokens',
  'output-tokens': 'outputTokens',
};

/** One member of a list: what stands alone in it, and its parameters. */
interface Member {
  readonly items: readonly string[];
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * The limits in `RateLimit` and `RateLimit-Policy`, of draft-ietf-httpapi-ratelimit-headers: version
 * 8 and later (`"burst";r=50;t=30`), and version 7 (`limit=100, remaining=50, reset=30`).
 */
export function readIetfRateLimit(headers: ResponseHeaders): NamedBucket[] {
  const limits = readMembers(headers['ratelimit']);
  const policies = readMembers(headers['ratelimit-policy']);
  const written = new Map(limits.flatMap(({ parameters }) => [...parameters]));
  if (written.has('remaining')) {
    const limit = readAmount(written.get('limit'));
    const policy =
      policies.find(({ items }) => items.some((item) => readAmount(item) === limit)) ??
      only(policies);
    const [remaining, reset] = [written.get('remaining'), written.get('reset')];
    return [toBucket(limit, remaining, reset, policy)];
  }
  if (limits.length === 0) {
    return policies.map((policy) => toBucket(quotaOf(policy), undefined, undefined, policy));
  }
  return limits.map((limit) => {
    const policy =
      policies.find(({ items }) => items.some((item) => limit.items.includes(item))) ??
      only(policies);
    const { parameters } = limit;
    return toBucket(quotaOf(policy), parameters.get('r'), parameters.get('t'), policy);
  });
}

function toBucket(
  limit: number | undefined,
  remaining: string | undefined,
  reset: string | undefined,
  policy: Member | undefined,
): NamedBucket {
  const unit = policy?.parameters.get('qu') ?? 'requests';
  return {
    name: Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined,
    bucket: makeBucket({
      limit,
      remaining: readAmount(remaining),
      resetInMs: seconds(reset),
      windowMs: seconds(policy?.parameters.get('w')),
    }),
  };
}

/** `"burst";q=100;w=60`, and `100;w=60` of older versions. */
function quotaOf(policy: Member | undefined): number | undefined {
  return readAmount(policy?.parameters.get('q') ?? policy?.items[0]);
}

function only<Value>(values: readonly Value[]): Value | undefined {
  return values.length === 1 ? values[0] : undefined;
}

function seconds(text: string | undefined): number | undefined {
  const amount = readAmount(text);
  return amount === undefined ? undefined : Math.min(amount * 1000, Number.MAX_SAFE_INTEGER);
}

/** Reads the lists and dictionaries of RFC 9651, as far as these fields use them. */
function readMembers(value: string | readonly string[] | undefined): Member[] {
  const text = typeof value === 'object' ? value.join(',') : (value ?? '');
  if (text.length > LONGEST_FIELD) return [];
  return split(text, ',').map((member) => {
    const items: string[] = [];
    const parameters = new Map<string, string>();
    for (const part of split(member, ';')) {
      const equals = part.startsWith('"') ? -1 : part.indexOf('=');
      if (equals === -1) items.push(unquote(part));
      else parameters.set(part.slice(0, equals).trim(), unquote(part.slice(equals + 1).trim()));
    }
    return { items, parameters };
  });
}

/** Splits at a separator that is not inside quotes; what is empty is left out. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') isQuoted = !isQuoted;
    else if (text[at] === '\\' && isQuoted) at += 1;
    else if (text[at] === separator && !isQuoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function unquote(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
