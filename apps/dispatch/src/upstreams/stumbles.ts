import type { Stumble } from '@linkspan/testkit';
import type { RowKind } from '../input/row.ts';
import { seededRandom } from './random.ts';

const rateLimitMs: Stumble = { kind: 'rate-limit', retryAfterMs: 120 };
const rateLimitSeconds: Stumble = { kind: 'rate-limit', retryAfterMs: 1000 };
const unavailable: Stumble = { kind: 'overloaded' };
/** Behind the first bytes of an answer: before them, a client may take a kept connection for a stale one. */
const reset: Stumble = { kind: 'reset-in-head' };
const html: Stumble = { kind: 'html' };
const errorBody: Stumble = { kind: 'error-body' };
const cut: Stumble = { kind: 'cut-stream' };
const broken: Stumble = { kind: 'cut-stream', how: 'reset' };
const stallFirst: Stumble = { kind: 'stall', afterEvents: 0 };
const stallBetween: Stumble = { kind: 'stall' };
const inBandError: Stumble = { kind: 'error-in-stream' };

const beforeHead = [rateLimitMs, rateLimitSeconds, unavailable, reset];
const ofModels = [
  ...beforeHead,
  cut,
  cut,
  cut,
  broken,
  stallFirst,
  stallBetween,
  html,
  errorBody,
  inBandError,
];
const ofAgents = [...beforeHead, cut, cut, broken, stallBetween, html, inBandError];

const repertoire: Readonly<Record<RowKind, readonly Stumble[]>> = {
  json: [...beforeHead, rateLimitMs, unavailable, broken],
  chat: ofModels,
  messages: ofModels,
  agent: ofAgents,
  'vercel-ui': ofAgents,
  'ag-ui': ofAgents,
  'web-socket': [{ kind: 'server-error' }, { kind: 'server-error' }, { kind: 'stall' }],
  'openai-sdk': ofModels,
  'anthropic-sdk': ofModels,
};

/** What becomes of the WebSocket's connections, one after another; those that follow hold. */
const ofConnections: readonly Stumble['kind'][] = [
  'cut-stream',
  'rate-limit',
  'error-in-stream',
  'overloaded',
  'cut-stream',
  'reset-in-head',
];

/** How many of a hundred rows meet at least one stumble. */
const STUMBLING_PERCENT = 35;
/** How many of a hundred rows never get an answer. */
const HOPELESS_PERCENT = 1;

/**
 * Decides who stumbles when: by the seed, the id of the row and the number of the attempt alone, so
 * that every run of the same rows meets the same failures.
 */
export class StumbleScript {
  readonly #seed: number;
  readonly #attempts = new Map<string, number>();
  readonly #spared = new Set<string>();
  #connections = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Has a row that met with something else not stumble any more. */
  spare(id: string): void {
    this.#spared.add(id);
  }

  /** What happens to the next attempt of a row; `undefined` for an answer without a stumble. */
  next(kind: RowKind, id: string): Stumble | undefined {
    if (this.#spared.has(id)) return undefined;
    const attempt = (this.#attempts.get(id) ?? 0) + 1;
    this.#attempts.set(id, attempt);
    const random = seededRandom(`${this.#seed} ${kind} ${id}`);
    const percent = random() * 100;
    if (percent >= STUMBLING_PERCENT) return undefined;
    const stumbles = percent < HOPELESS_PERCENT ? Infinity : random() < 0.8 ? 1 : 2;
    if (attempt > stumbles) return undefined;
    const choices = repertoire[kind];
    const start = Math.floor(random() * choices.length);
    return choices[(start + attempt - 1) % choices.length];
  }

  /** What happens to the next connection of the WebSocket; those that break carry some answers first. */
  nextConnection(): Stumble | undefined {
    const kind = ofConnections[this.#connections];
    this.#connections += 1;
    const random = seededRandom(`${this.#seed} connection ${this.#connections}`);
    switch (kind) {
      case 'cut-stream':
      case 'error-in-stream':
        return { kind, afterEvents: 4 + Math.floor(random() * 4) };
      case 'rate-limit':
      case 'overloaded':
        return { kind, retryAfterMs: 120 };
      case 'reset-in-head':
        return { kind };
      default:
        return undefined;
    }
  }
}
