import { describe, expect, it } from 'vitest';
import { Outage } from '../src/upstreams/outage.ts';

describe('Outage', () => {
  it('begins behind so many requests, and ends when so many were refused', () => {
    const outage = new Outage({ after: 2, refusals: 3 });

    const refused = Array.from({ length: 8 }, () => outage.refuses(false));

    expect(refused).toEqual([false, false, true, true, true, false, false, false]);
  });

  it('refuses health checks while it lasts, and does not count them', () => {
    const outage = new Outage({ after: 1, refusals: 1 });
    expect(outage.refuses(true)).toBe(false);
    outage.refuses(false);

    expect([1, 2, 3].map(() => outage.refuses(true))).toEqual([true, true, true]);
    expect(outage.refuses(false)).toBe(true);
    expect(outage.refuses(true)).toBe(false);
  });
});
