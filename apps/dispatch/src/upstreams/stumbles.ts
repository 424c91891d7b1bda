import type { RowKind } from '../input/row.ts';
import { seededRandom } from './random.ts';

/** A way in which an upstream fails on purpose. */
export type Stumble =
  /** 429 with `retry-after-ms`. */
  | 'rate-limit-ms'
  /** 429 with `retry-after` in seconds. */
  | 'rate-limit-seconds'
  /** 503 without a hint. */
  | 'unavailable'
  /** The connection is reset in the head of the answer. */
  | 'reset'
  /** A page of HTML with status 200. */
  | 'html'
  /** `{"error": ...}` with status 200 where a stream was asked for. */
  | 'error-body'
  /** The stream ends cleanly, without its terminator. */
  | 'cut'
  /** The connection breaks in the middle of the body. */
  | 'break'
  /** The head, and then no event. */
  | 'stall-first'
  /** Some events, and then silence. */
  | 'stall-between'
  /** The stream reports an error, and ends as if all were well. */
  | 'in-band-error';

const beforeHead = ['rate-limit-ms', 'rate-limit-seconds', 'unavailable', 'reset'] as const;

const repertoire: Readonly<Record<RowKind, readonly Stumble[]>> = {
  json: [...beforeHead, 'rate-limit-ms', 'unavailable', 'break'],
  chat: [
    ...beforeHead,
    ...(['cut', 'cut', 'cut', 'break', 'stall-first', 'stall-between'] as const),
    ...(['html', 'error-body', 'in-band-error'] as const),
  ],
  agent: [...beforeHead, 'cut', 'cut', 'break', 'stall-between', 'html', 'in-band-error'],
};

/** How many of a hundred rows meet at least one stumble. */
const STUMBLING_PERCENT = 40;
/** How many of a hundred rows never get an answer. */
const HOPELESS_PERCENT = 1;

/**
 * Decides who stumbles when: by the seed, the id of the row and the number of the attempt alone, so
 * that every run of the same rows meets the same failures.
 */
export class StumbleScript {
  readonly #seed: number;
  readonly #attempts = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** What happens to the next attempt of a row; `undefined` for an answer without a stumble. */
  next(kind: RowKind, id: string): Stumble | undefined {
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
}
