import type { Clock } from '../time/clock.ts';

/** How a {@link Supervisor} restarts what it supervises. */
export interface SupervisorOptions {
  /**
   * `'one-for-one'` restarts the child that ended; `'one-for-all'` stops the others first and
   * restarts all of them.
   *
   * @default 'one-for-one'
   */
  readonly strategy?: 'one-for-one' | 'one-for-all' | undefined;
  /**
   * How many restarts there may be within `windowMs`. One more, and the supervisor gives up.
   *
   * @default 3
   */
  readonly maxRestarts?: number | undefined;
  /** @default 5_000 */
  readonly windowMs?: number | undefined;
  /**
   * The longest pause before the first restart of a window; it doubles with each further one.
   *
   * @default 0
   */
  readonly baseDelayMs?: number | undefined;
  /** @default 30_000 */
  readonly maxDelayMs?: number | undefined;
  /** Told of every failure of a child, those included that are cured by a restart. */
  readonly onFailure?: ((error: unknown, name: string) => void) | undefined;
  /** Closes the supervisor when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /**
   * Draws a number from 0 up to 1, the part of the longest pause that is waited.
   *
   * @default Math.random
   */
  readonly random?: (() => number) | undefined;
}

/** How one child is supervised. */
export interface ChildOptions {
  /** @default the name of the function */
  readonly name?: string | undefined;
  /**
   * When the child is restarted: `'permanent'`, whenever it ends; `'transient'`, when it fails;
   * `'temporary'`, never.
   *
   * @default 'transient'
   */
  readonly restart?: 'permanent' | 'transient' | 'temporary' | undefined;
}

/** What the function of a child is told. */
export interface ChildContext {
  readonly name: string;
  /** How often it was restarted before. */
  readonly restarts: number;
  /** Aborts when the child is stopped or restarted. */
  readonly signal: AbortSignal;
}

/** A function that is kept running. */
export interface Child {
  readonly name: string;
  /** `'waiting'` for its restart; `'ended'` for good. */
  readonly state: 'running' | 'waiting' | 'ended';
  readonly restarts: number;
  /** Cancels the child and restarts it no more; resolves when it has ended. */
  stop(): Promise<void>;
}
