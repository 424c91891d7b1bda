import type { TransportRequest } from '@linkspan/core';

/** How many origins are remembered: a crawler that meets millions does not grow without end. */
const MOST_ORIGINS = 1_000;

/**
 * Keeps one state for each origin that requests go to: peers do not pay for one another's failures.
 * Requests whose target is a path go to the base URL. The origin that was met first is forgotten when
 * there are more than 1,000.
 */
export class PerOrigin<State> {
  readonly #make: (origin: string) => State;
  readonly #base: string;
  readonly #states = new Map<string, State>();
  #lastTarget: string | undefined;
  #lastStart = '';
  #lastState: State | undefined;

  /** @param baseUrl where paths go. @default '', a name for the one peer that a transport has */
  constructor(make: (origin: string) => State, baseUrl: string | URL = '') {
    this.#make = make;
    this.#base = originOf(String(baseUrl)) ?? '';
  }

  /** The state of the origin that a request goes to. */
  of(request: Pick<TransportRequest, 'target'> | undefined): State {
    const target = request?.target ?? '/';
    // Nearly all calls of a client go where the last one went, and each asks several layers.
    if (target === this.#lastTarget) return this.#lastState!;
    const last = this.#lastStart;
    if (this.#lastState !== undefined && target.startsWith(last) && endsAt(target, last.length)) {
      this.#lastTarget = target;
      return this.#lastState;
    }
    const start = startOf(target);
    const state = this.at(start === '' ? this.#base : (originOf(start) ?? this.#base));
    this.#lastTarget = target;
    this.#lastStart = start;
    this.#lastState = state;
    return state;
  }

  /** The state of an origin, such as `https://api.example.com`. */
  at(origin: string): State {
    const known = this.#states.get(origin);
    if (known !== undefined) return known;
    const state = this.#make(origin);
    this.#states.set(origin, state);
    if (this.#states.size > MOST_ORIGINS) this.#states.delete(this.#states.keys().next().value!);
    return state;
  }
}

/** Scheme and authority of an absolute URL, as they are written; `''` for a path. */
function startOf(target: string): string {
  const scheme = /^[a-z][a-z\d+.-]{0,20}:\/\//i.exec(target)?.[0].length;
  if (scheme === undefined) return '';
  let end = scheme;
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

function originOf(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  // Schemes that are not of the web have no origin of their own.
  return parsed.origin === 'null' ? `${parsed.protocol}//${parsed.host}` : parsed.origin;
}
