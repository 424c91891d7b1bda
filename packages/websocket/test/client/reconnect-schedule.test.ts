import type { TransportRequest } from '@linkspan/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReconnectSettings } from '../../src/client/reconnect-options.ts';
import { ReconnectSchedule } from '../../src/client/reconnect-schedule.ts';

const settings = (facts: Partial<ReconnectSettings> = {}): ReconnectSettings => ({
  maxAttempts: 10,
  baseDelayMs: 500,
  maxDelayMs: 8_000,
  resetAfterMs: 10_000,
  budget: undefined,
  codes: {},
  onRetry: undefined,
  onReconnect: undefined,
  ...facts,
});

const broken = { recovery: 'yes', remainingMs: Infinity } as const;

describe('ReconnectSchedule', () => {
  it('waits at random below a bound that doubles up to its maximum', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 1, max: 30 }),
        (random, baseDelayMs, maxDelayMs, maxAttempts) => {
          const schedule = new ReconnectSchedule(
            settings({ baseDelayMs, maxDelayMs, maxAttempts }),
            () => random,
          );
          for (let attempt = 0; attempt < maxAttempts; attempt++) {
            const bound = Math.min(maxDelayMs, baseDelayMs * 2 ** attempt);
            expect(schedule.next(broken)).toBeCloseTo(random * bound);
          }
          expect(schedule.next(broken)).toBeUndefined();
          expect(schedule.attempts).toBe(maxAttempts);
        },
      ),
    );
  });

  it('waits longer for a peer that asks to try later', () => {
    const schedule = new ReconnectSchedule(settings(), () => 0);
    expect(schedule.next({ ...broken, recovery: 'later' })).toBe(4_000);
    expect(new ReconnectSchedule(settings(), () => 1).next({ ...broken, recovery: 'later' })).toBe(
      8_000,
    );
  });

  it('obeys a hint exactly, and gives up at one that is too long', () => {
    const schedule = new ReconnectSchedule(settings(), Math.random);
    expect(schedule.next({ ...broken, retryAfterMs: 12_345 })).toBe(12_345);
    expect(schedule.next({ ...broken, retryAfterMs: 300_001 })).toBeUndefined();
    expect(schedule.next({ ...broken, retryAfterMs: 300_001, remainingMs: 400_000 })).toBe(300_001);
    expect(schedule.next({ ...broken, retryAfterMs: 500, remainingMs: 499 })).toBeUndefined();
  });

  it('records what begins something, and asks its budget for every other attempt', () => {
    const asked: string[] = [];
    const budget = {
      record: ({ target }: TransportRequest) => void asked.push(`call of ${target}`),
      take: (of?: TransportRequest) => asked.push(`again ${of?.target}`) < 4,
    };
    const schedule = new ReconnectSchedule(settings({ budget }), () => 0);
    const request = { operation: 'CONNECT', target: 'ws://a' };
    schedule.begin();

    expect([1, 2, 3].map(() => schedule.allows(request))).toEqual([true, true, true]);
    expect(schedule.allows(request)).toBe(false);
    expect(schedule.refusals).toBe(1);
    schedule.wasUp(9_999);
    expect(schedule.allows(request)).toBe(false);
    schedule.wasUp(10_000);
    expect(schedule.refusals).toBe(0);
    expect(schedule.allows(request)).toBe(true);
    expect(asked).toEqual([
      'call of ws://a',
      'again ws://a',
      'again ws://a',
      'again ws://a',
      'again ws://a',
      'call of ws://a',
    ]);
  });

  it('forgets its attempts after a connection that lasted', () => {
    const schedule = new ReconnectSchedule(settings({ maxAttempts: 2 }), () => 0);
    schedule.next(broken);
    schedule.wasUp(9_999);
    expect(schedule.attempts).toBe(1);
    schedule.wasUp(10_000);
    expect(schedule.attempts).toBe(0);
  });
});
