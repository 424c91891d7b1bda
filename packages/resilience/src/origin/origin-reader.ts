import type { TransportRequest } from '@linkspan/core';

/** How many ways of writing an origin are remembered. */
const MOST_STARTS = 1_000;

/**
 * Reads of requests which origin they go to, such as `https://api.example.com`. Targets that are no
 * URL, paths above all, go to the origin of the base URL.
 *
 * Layers that see the same requests share one: it remembers the last target.
 */
export class OriginReader {
  readonly #base: string;
  /** Origins by the starts of targets, as they are written. */
  readonly #known = new Map<string, string>();
  #lastTarget: string | undefined;
  #lastOrigin = '';
  #lastStart = '';
  #originOfStart = '';

  /** @param baseUrl where paths go. @default '', a name for the one peer that a transport has */
  constructor(baseUrl: string | URL = '') {
    this.#base = originOf(String(baseUrl)) ?? '';
  }

  /** The origin that a request goes to. */
  read(request: Pick<TransportRequest, 'target'> | undefined): string {
    const target = request?.target ?? '/';
    if (target !== this.#lastTarget) this.#lastOrigin = this.#find(target);
    // Also where it is equal: the same string once more is equal without a look at its characters.
    this.#lastTarget = target;
    return this.#lastOrigin;
  }

  #find(target: string): string {
    if (target.charCodeAt(0) === SLASH) return this.#base;
    const last = this.#lastStart;
    // Nearly all calls of a client go where the last one went.
    if (last !== '' && endsAt(target, last.length) && target.slice(0, last.length) === last) {
      return this.#originOfStart;
    }
    const start = startOf(target);
    if (start === '') return this.#base;
    this.#lastStart = start;
    this.#originOfStart = this.#known.get(start) ?? this.#learn(start);
    return this.#originOfStart;
  }

  #learn(start: string): string {
    const origin = originOf(start) ?? this.#base;
    if (this.#known.size >= MOST_STARTS) this.#known.clear();
    this.#known.set(start, origin);
    return origin;
  }
}

/** Scheme and authority of an absolute URL, as they are written; `''` for what is none. */
function startOf(target: string): string {
  let end = 0;
  while (isOfScheme(target.charCodeAt(end))) end += 1;
  if (end === 0 || !target.startsWith('://', end)) return '';
  end += 3;
  while (!endsAt(target, end)) end += 1;
  return target.slice(0, end);
}

const [SLASH, QUESTION_MARK, HASH, BACKSLASH] = [0x2f, 0x3f, 0x23, 0x5c];

/** Whether the authority of a URL ends there. */
function endsAt(target: string, at: number): boolean {
  if (at >= target.length) return true;
  const code = target.charCodeAt(at);
  return code === SLASH || code === QUESTION_MARK || code === HASH || code === BACKSLASH;
}

/** Letters, digits, `+`, `-` and `.` (RFC 3986, section 3.1). */
function isOfScheme(code: number): boolean {
  const small = code | 0x20;
  if (small >= 0x61 && small <= 0x7a) return true;
  return (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e;
}

function originOf(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  // Schemes that are not of the web have no origin of their own.
  return parsed.origin === 'null' ? `${parsed.protocol}//${parsed.host}` : parsed.origin;
}
