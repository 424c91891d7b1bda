// An hour of retries in a moment: whatever waits takes its time from a clock that tests move.
import assert from 'node:assert/strict';
import { ManualClock, retryWithTimeout } from '@linkspan/concurrency';

const clock = new ManualClock();
const triedAt: number[] = [];

const answer = retryWithTimeout(
  () => {
    triedAt.push(clock.now());
    if (triedAt.length < 4) throw new Error('not yet');
    return 'at last';
  },
  { baseDelayMs: 600_000, maxDelayMs: 3_600_000, random: () => 1, clock },
);
await clock.advance(600_000 + 1_200_000 + 2_400_000);

assert.equal(await answer, 'at last');
assert.deepEqual(triedAt, [0, 600_000, 1_800_000, 4_200_000]);
console.log(triedAt);
