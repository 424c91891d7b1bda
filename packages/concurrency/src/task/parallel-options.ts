import type { WaitOptions } from '../sync/wait-queue.ts';

/** How a parallel run works through its items. */
export interface ParallelOptions extends WaitOptions {
  /**
   * How many items are worked on at the same time: an integer of 1 or more, or `Infinity`.
   *
   * @default 10
   */
  readonly concurrency?: number | undefined;
}

/** What the function of a parallel run is told: nothing but when to stop. */
export interface ParallelScope {
  /** Aborts when an item has failed, or with the caller's signal or deadline. */
  readonly signal: AbortSignal;
}

/** What is done with each item; `index` is its place, from 0. */
export type ParallelFunction<Item, Result> = (
  item: Item,
  scope: ParallelScope,
  index: number,
) => Result | PromiseLike<Result>;

/** @throws RangeError when the number is not an integer of 1 or more, or `Infinity`. */
export function checkedConcurrency(concurrency: number | undefined): number {
  if (concurrency === undefined) return 10;
  if (concurrency === Infinity || (Number.isInteger(concurrency) && concurrency >= 1)) {
    return concurrency;
  }
  throw new RangeError(
    `Cannot run in parallel: expected a concurrency that is an integer >= 1 or Infinity, found ${concurrency}`,
  );
}
