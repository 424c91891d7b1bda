import { describe, expect, it } from 'vitest';
import { PortQuota } from '../src/upstreams/port-quota.ts';

describe('PortQuota', () => {
  it('tells what is left, and refuses what is more, with the time until there is one again', () => {
    let now = 0;
    const quota = new PortQuota(() => now);
    const left = (): string | undefined =>
      quota.apply({ body: {} }).headers?.['x-ratelimit-remaining-requests'];

    expect(Array.from({ length: 10 }, left)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map(String));
    expect(quota.apply({ body: {} })).toMatchObject({
      status: 429,
      headers: { 'retry-after-ms': '200', 'x-ratelimit-reset-requests': '2000ms' },
    });
    now = 200;
    expect(quota.apply({ body: {} }).status).toBeUndefined();
    now = 60_000;
    expect(left()).toBe('9');
  });
});
