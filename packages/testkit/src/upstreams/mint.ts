import type { Clock } from '@linkspan/concurrency';
import { seededRandom } from './seeded-random.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz';

/** The moment at which every mock server starts, in seconds since 1970: 2026-11-18. */
const START_SECONDS = 1_795_000_000;

/** Makes the ids and times that answers carry: the same ones in the same order for the same seed. */
export class Mint {
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #random: () => number;

  constructor(seed: number, clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#random = seededRandom(`mint ${seed}`);
  }

  /** A name that was not given before: the prefix, and letters and digits behind it. */
  id(prefix: string, length = 24): string {
    const letters = Array.from({ length }, () => ALPHABET[this.#below(ALPHABET.length)]);
    return prefix + letters.join('');
  }

  /** A UUID of version 4. */
  uuid(): string {
    const hex = Array.from({ length: 32 }, () => this.#below(16).toString(16));
    hex[12] = '4';
    hex[16] = (8 + this.#below(4)).toString(16);
    const text = hex.join('');
    const cuts = [0, 8, 12, 16, 20, 32] as const;
    return cuts
      .slice(1)
      .map((end, index) => text.slice(cuts[index], end))
      .join('-');
  }

  /** How long the server has been up by its clock, as a wall clock tells it: in ms since 1970. */
  unixMs(): number {
    return START_SECONDS * 1000 + Math.floor(this.#clock.now() - this.#startMs);
  }

  unixSeconds(): number {
    return Math.floor(this.unixMs() / 1000);
  }

  /** ISO 8601, some milliseconds from now. */
  isoTime(inMs = 0): string {
    return new Date(this.unixMs() + inMs).toISOString();
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
