import { describe, expect, it } from 'vitest';
import { mostWithin } from '../../src/simulate/crowd.ts';
import { simulations } from '../../src/simulate/simulations.ts';

const timeout = 120_000;

/** That every figure of a simulation is within its bound. */
async function expectWithinBounds(name: string): Promise<void> {
  const figures = await simulations[name]!.run(true);

  expect(figures.length).toBeGreaterThan(1);
  expect(figures.filter(({ holds }) => !holds)).toEqual([]);
}

describe('on a clock that is moved by hand', { timeout }, () => {
  it('a peer that is down is sent little more than it is offered, and all is well at its return', async () => {
    await expectWithinBounds('outage');
  });

  it('layers that retry around one another do not multiply', async () => {
    await expectWithinBounds('nesting');
  });

  it('limits that nobody has told are used up, and hardly ever exceeded', async () => {
    await expectWithinBounds('hidden-limits');
  });

  it('row 52 a thousand streams come back in no crowd', async () => {
    await expectWithinBounds('streams');
  });

  it('row 52 a thousand WebSockets come back in no crowd', async () => {
    await expectWithinBounds('web-sockets');
  });

  it('N6 U21 never more goes in a minute than may, wherever the minute begins', async () => {
    await expectWithinBounds('arrivals');
  });
});

describe('mostWithin()', () => {
  it('finds the fullest window, wherever it begins', () => {
    expect(mostWithin([0, 60, 120, 159, 200, 201], 100)).toBe(4);
    expect(mostWithin([0, 100, 200], 100)).toBe(1);
    expect(mostWithin([], 100)).toBe(0);
  });
});
