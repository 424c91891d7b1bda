/** How far back a {@link Tally} counts, and in how many steps it forgets. */
export interface TallyShape {
  /** How long something counts, in milliseconds. */
  readonly windowMs: number;
  /** In how many slots the window is kept: what is older than the window is forgotten one slot at a time. */
  readonly slots: number;
}

/**
 * Two counts over a sliding window of time, such as requests and retries, or failures and all calls.
 * Reading and adding never wait. Adding is commutative, so that several processes may add to the same
 * counts without asking one another first.
 */
export interface Tally {
  /** Adds to both counts. A few additions may wait for others, and count from then on. */
  add(first: number, second: number): void;
  /** The first count over the window, as far as it is known here. */
  readonly first: number;
  /** The second count over the window, as far as it is known here. */
  readonly second: number;
  /** Forgets all. */
  reset(): void;
}
