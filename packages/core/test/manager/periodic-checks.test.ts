import { ManualClock } from '@linkspan/concurrency';
import { ClientManager, type HealthOptions } from '@linkspan/core/manager';
import { describe, expect, it } from 'vitest';
import { checkedScene, managerScene, refused } from './manager-scene.ts';

describe('periodic checks', () => {
  it('C13 U20 come intervalMs after one another, with jitter', async () => {
    const random = [0, 0.5, 1];
    const { wire, clock, manager } = checkedScene(
      { intervalMs: 10_000, jitter: 0.2 },
      { random: () => random.shift() ?? 0.5 },
    );
    wire.probeMs = 1_000;

    expect(clock.dueTimes).toEqual([8_000]);
    await clock.advance(8_000 + 1_000);
    expect(clock.dueTimes).toEqual([9_000 + 10_000]);
    await clock.advance(10_000 + 1_000);
    expect(clock.dueTimes).toEqual([20_000 + 12_000]);

    expect(wire.probes).toBe(2);
    await manager.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('C13 are made for each client as it says, and not unless they are asked for', async () => {
    const { manager, client, clock } = managerScene({ health: { intervalMs: 1_000 } });
    const [often, never, usual] = [client(), client(), client()];
    manager
      .register('often', often.client, { health: { intervalMs: 100 } })
      .register('never', never.client, { health: { intervalMs: Infinity } })
      .register('usual', usual.client, { health: { timeoutMs: 5 } });
    const quiet = managerScene();
    quiet.manager.register('api', quiet.client().client);

    await clock.advance(1_000);

    expect([often.wire.probes, never.wire.probes, usual.wire.probes]).toEqual([10, 0, 1]);
    expect(quiet.clock.pendingTimers).toBe(0);
  });

  it('C13 go on after failures, and stop when the client leaves', async () => {
    const { manager, wire, clock, status } = checkedScene({ intervalMs: 1_000, jitter: 0 });
    wire.error = refused();
    await clock.advance(3_000);
    expect(status().checks).toEqual({ successes: 0, failures: 3 });

    await manager.unregister('api');
    await clock.advance(10_000);

    expect(wire.probes).toBe(3);
    expect(clock.pendingTimers).toBe(0);
  });

  it('C13 stop when the client is closed in the middle of one', async () => {
    const { manager, wire, clock } = checkedScene({ intervalMs: 1_000, jitter: 0 });
    wire.hangs = true;
    await clock.advance(1_000);

    await manager.close('api');

    await clock.advance(10_000);
    expect(wire.probes).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('C13 let the process end, unless they are told not to', () => {
    class CountingClock extends ManualClock {
      unrefs = 0;
      override setTimeout(callback: () => void, delayMs: number): object {
        const timer = super.setTimeout(callback, delayMs) as object;
        return Object.assign(timer, { unref: () => (this.unrefs += 1) });
      }
    }
    const unrefs = (health: HealthOptions): number => {
      const clock = new CountingClock();
      new ClientManager({ clock, health }).register('api', { close: () => Promise.resolve() });
      return clock.unrefs;
    };

    expect(unrefs({ intervalMs: 1_000 })).toBe(1);
    expect(unrefs({ intervalMs: 1_000, unref: false })).toBe(0);
  });
});
