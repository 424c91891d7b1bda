import { type ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { readAll } from './open-words.ts';
import { reset, resumeScene } from './resume-scene.ts';

/** Numbers that look random, and are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** When 1,000 readers come back, whose server breaks off at once and is gone until then. */
async function returns(text: string, backAtMs: number): Promise<readonly number[]> {
  const arrivals: number[] = [];
  let clock: ManualClock | undefined;
  const scene = resumeScene(
    ({ headers }) => {
      if (headers?.['last-event-id'] === undefined) return [text, reset()];
      const now = clock?.now() ?? 0;
      if (now < backAtMs) return reset();
      arrivals.push(now);
      return ['2:b END '];
    },
    { random: seeded(7) },
  );
  ({ clock } = scene);
  const reads = Array.from(
    { length: 1_000 },
    async () => await readAll(await scene.stream({ resume: { maxAttempts: 20 } })),
  );
  for (let second = 0; second < 60 && arrivals.length < 1_000; second += 1) {
    // oxlint-disable-next-line no-await-in-loop -- time passes second by second
    await scene.clock.advance(1_000);
  }
  for (const { events } of await Promise.all(reads)) expect(events).toEqual(['a', 'b']);
  return arrivals;
}

describe('a thousand readers whose server is back', () => {
  it.each([
    ['at once', '1:a ', 0, 500],
    ['after two seconds', '1:a ', 2_000, 500],
    ['after three seconds, and asked for one between attempts', 'retry=1000 1:a ', 3_000, 1_000],
  ])('row 52 come over at least one interval: %s', async (_, text, backAtMs, intervalMs) => {
    const arrivals = await returns(text, backAtMs);

    const first = Math.min(...arrivals);
    expect(arrivals).toHaveLength(1_000);
    expect(Math.max(...arrivals) - first).toBeGreaterThan(0.95 * intervalMs);
    const tenths = Map.groupBy(arrivals, (at) => Math.floor((10 * (at - first)) / intervalMs));
    expect(Math.max(...Array.from(tenths.values(), (group) => group.length))).toBeLessThan(250);
  });
});
