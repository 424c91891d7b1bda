import { describe, expect, it } from 'vitest';
import { mostWithin } from '../../src/simulate/crowd.ts';
import { simulations } from '../../src/simulate/simulations.ts';

/** The figures that are not within their bounds. */
async function broken(name: string): Promise<readonly unknown[]> {
  const figures = await simulations[name]!.run(true);
  expect(figures.length).toBeGreaterThan(1);
  return figures.filter(({ holds }) => !holds);
}

describe('what happens on a clock that is moved by hand is within its bounds', () => {
  it.each([
    'outage',
    'nesting',
    'hidden-limits',
    'row 52 streams',
    'row 52 web-sockets',
    'N6 U21 arrivals',
  ])(
    '%s',
    async (name) => {
      expect(await broken(name.split(' ').at(-1)!)).toEqual([]);
    },
    120_000,
  );
});

describe('mostWithin()', () => {
  it('finds the fullest window, wherever it begins', () => {
    expect(mostWithin([0, 60, 120, 159, 200, 201], 100)).toBe(4);
    expect(mostWithin([0, 100, 200], 100)).toBe(1);
    expect(mostWithin([], 100)).toBe(0);
  });
});
