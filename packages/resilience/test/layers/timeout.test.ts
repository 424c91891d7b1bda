import { timeout } from '@linkspan/resilience';
import { describe, expect, it } from 'vitest';
import { get, layerScene } from './layer-scene.ts';

const never = (): Promise<never> => new Promise(() => {});

describe('timeout()', () => {
  it('bounds an attempt until its head, and all of it', async () => {
    const attempt = layerScene(() => [timeout({ attemptMs: 100 })], never);
    const failure = attempt.call();
    await attempt.clock.advance(100);
    expect(await failure).toMatchObject({ clock: 'attemptMs', limitMs: 100 });

    const whole = layerScene(() => [timeout({ totalMs: 100 })], never);
    const late = whole.call();
    await whole.clock.advance(100);
    expect(await late).toMatchObject({ clock: 'totalMs', limitMs: 100 });
    expect(whole.clock.pendingTimers).toBe(0);
  });

  it('does not give a call more time than it has', async () => {
    const { call, clock } = layerScene(() => [timeout({ attemptMs: 5000, totalMs: 9000 })], never);
    const failures = [call(get, { attemptMs: 10 }), call(get, { totalMs: 20 })];
    await clock.advance(20);

    expect(await failures[0]).toMatchObject({ clock: 'attemptMs', limitMs: 10 });
    expect(await failures[1]).toMatchObject({ clock: 'totalMs', limitMs: 20 });
  });
});
