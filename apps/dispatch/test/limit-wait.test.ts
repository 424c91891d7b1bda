import { describe, expect, it } from 'vitest';
import { limitWaitMs } from '../src/delivery/limit-wait.ts';
import type { Row } from '../src/input/row.ts';

const asked: Row = {
  id: 'a',
  kind: 'agent',
  agent: 'purser',
  prompts: ['x'.repeat(4_000)],
  dialect: 'none',
  requestHash: '0123456789abcdef',
};
const limits = { rpm: undefined, tpm: undefined, concurrency: 10, retries: 0 };

describe('limitWaitMs()', () => {
  it('is nothing without limits', () => {
    expect(limitWaitMs([asked], limits)).toBe(0);
  });

  it('is the time in which all rows in flight have had their turn, for each try', () => {
    expect(limitWaitMs([asked], { ...limits, rpm: 2 })).toBe(6 * 60_000);
    expect(limitWaitMs([asked], { ...limits, rpm: 2, retries: 2 })).toBe(18 * 60_000);
  });

  it('is that of tokens where they take longer', () => {
    const ofTokens = limitWaitMs([asked], { ...limits, rpm: 1_000, tpm: 2_000 });

    // Ten rows of a thousand tokens, and as many in their answers.
    expect(ofTokens).toBeGreaterThan(11 * 60_000);
    expect(ofTokens).toBeLessThan(12 * 60_000);
  });
});
