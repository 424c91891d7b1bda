import type { Share } from './share.ts';
import type { Tally, TallyShape } from './tally.ts';

/**
 * Where budgets, breakers and limiters keep what more than one of them may share, by key. That of one
 * process is `memoryStore()`. Nothing in it waits: a store that many processes share answers with what
 * it knows, and brings it up to date in the background. Its time is its own.
 */
export interface Store {
  /** The counts under a key. The same key and shape give the same counts. */
  tally(key: string, shape: TallyShape): Tally;
  /** The part that this process has of the limits under a key, of so many milliseconds each. */
  share(key: string, windowMs: number): Share;
}
