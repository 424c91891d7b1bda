import type { Tally, TallyShape } from './tally.ts';

/**
 * Where budgets and breakers keep what they count, by key. That of one process is
 * `memoryStore()`; one that many processes share gives tallies which add to the shared counts, and
 * tell them, in the background.
 */
export interface Store {
  /** The counts under a key. The same key and shape give the same counts. */
  tally(key: string, shape: TallyShape): Tally;
}
