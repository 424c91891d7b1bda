import type { Stumble } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { StumbleScript } from '../src/upstreams/stumbles.ts';

const ids = Array.from({ length: 200 }, (_, index) => `row-${index}`);

function rehearse(seed: number): (Stumble | undefined)[][] {
  const script = new StumbleScript(seed);
  return ids.map((id) => [1, 2, 3].map(() => script.next('chat', id)));
}

describe('StumbleScript', () => {
  it('gives the same rows the same failures, in every run', () => {
    expect(rehearse(1)).toEqual(rehearse(1));
    expect(rehearse(1)).not.toEqual(rehearse(2));
  });

  it('shows every way of failing, and answers nearly every row by the third attempt', () => {
    const attempts = rehearse(1);
    const seen = new Set(attempts.flat());

    expect(seen.size).toBe(12);
    expect(attempts.filter(([, , third]) => third === undefined).length).toBeGreaterThan(190);
  });
});
