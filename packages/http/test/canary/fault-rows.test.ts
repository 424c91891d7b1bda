import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callWithCanaries } from './canary-client.ts';
import { leaksIn, looks, makeCanaries, marksOf } from './canaries.ts';
import { meetFaults, type Met, rows } from './meet-faults.ts';
import { checkWithCanaries, fetchWithCanaries, recordWithCanaries } from './other-ways.ts';
import { type PrintWatch, watchPrints } from './prints.ts';

/** The first three meet each fault in each setup, and with each reader. */
const ways = [
  callWithCanaries,
  callWithCanaries,
  callWithCanaries,
  checkWithCanaries,
  fetchWithCanaries,
  recordWithCanaries,
];

let met: ReadonlyMap<string, Met>;
let watch: PrintWatch;

beforeAll(async () => {
  watch = watchPrints();
  met = await meetFaults(ways);
}, 240_000);
afterAll(() => watch.stop());

describe('secrets of ten kinds', () => {
  it.each(rows)('are in no print of row $row: $id', ({ id }) => {
    expect(met.get(id)).toEqual({ leaks: [], isMet: true });
  });

  it('are in nothing that was published, warned or printed meanwhile', () => {
    const marks = looks.flatMap((look) => [...marksOf(makeCanaries(look), [])]);

    expect(watch.prints.length).toBeGreaterThan(rows.length);
    expect(leaksIn(watch.prints, new Map(marks))).toEqual([]);
  });
});
