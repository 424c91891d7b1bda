import { type Clock, systemClock } from '@linkspan/concurrency';
import { MemoryTally } from './memory-tally.ts';
import type { Share } from './share.ts';
import type { Store } from './store.ts';
import type { Tally } from './tally.ts';

/** How many counts are remembered by their key: what has theirs keeps them. */
const MOST_TALLIES = 10_000;

/** One process has all of its limits. */
const WHOLE: Share = { fraction: 1 };

/** Makes a {@link Store} in the memory of this process. */
export function memoryStore(
  options: {
    /** Where the time comes from. @default the platform's monotonic clock */
    readonly clock?: Clock | undefined;
  } = {},
): Store {
  const { clock = systemClock } = options;
  const tallies = new Map<string, Tally>();
  return {
    tally(key, shape) {
      const name = `${shape.windowMs} ${shape.slots} ${key}`;
      const known = tallies.get(name);
      if (known !== undefined) return known;
      const tally = new MemoryTally(shape, clock);
      tallies.set(name, tally);
      if (tallies.size > MOST_TALLIES) tallies.delete(tallies.keys().next().value!);
      return tally;
    },
    share: () => WHOLE,
  };
}
