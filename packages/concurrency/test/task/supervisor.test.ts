import { getEventListeners } from 'node:events';
import { ManualClock, RestartLimitError, sleep, Supervisor } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { untilAborted } from '../until-aborted.ts';

describe('Supervisor', () => {
  it('E11 restarts a child that fails, and no other', async () => {
    const clock = new ManualClock();
    const runs: string[] = [];
    const supervisor = new Supervisor({ strategy: 'one-for-one', clock });
    supervisor.add(
      async ({ signal, restarts }) => {
        runs.push(`fragile ${restarts}`);
        if (restarts === 0) throw new Error('broken');
        await untilAborted(signal);
      },
      { name: 'fragile' },
    );
    supervisor.add(async ({ signal }) => {
      runs.push('steady');
      await untilAborted(signal);
    });

    await clock.advance(0);

    expect(runs).toEqual(['fragile 0', 'steady', 'fragile 1']);
    expect(supervisor.children.map(({ state, restarts }) => [state, restarts])).toEqual([
      ['running', 1],
      ['running', 0],
    ]);
    await supervisor.close();
    expect(supervisor.children).toEqual([]);
  });

  it('E11 restarts all children when one fails, after all have stopped', async () => {
    const clock = new ManualClock();
    const log: string[] = [];
    const supervisor = new Supervisor({ strategy: 'one-for-all', clock });
    supervisor.add(async ({ signal, restarts }) => {
      log.push(`a begins ${restarts}`);
      await untilAborted(signal).catch(() => {});
      await sleep(5, undefined, clock);
      log.push(`a ends ${restarts}`);
    });
    supervisor.add(async ({ signal, restarts }) => {
      log.push(`b begins ${restarts}`);
      if (restarts === 0) throw new Error('broken');
      await untilAborted(signal);
    });

    await clock.advance(5);
    expect(log).toEqual(['a begins 0', 'b begins 0', 'a ends 0', 'b begins 1', 'a begins 1']);

    const closing = supervisor.close();
    await clock.advance(5);
    await closing;
    expect(log.at(-1)).toBe('a ends 1');
  });

  it('E22 gives up after too many restarts in the window, and stops the others', async () => {
    const clock = new ManualClock();
    let runs = 0;
    let otherStopped = false;
    const supervisor = new Supervisor({ maxRestarts: 2, windowMs: 1_000, clock });
    supervisor.add(
      () => {
        runs += 1;
        throw new Error(`failure ${runs}`);
      },
      { name: 'feed' },
    );
    supervisor.add(({ signal }) => untilAborted(signal).finally(() => (otherStopped = true)));

    const failure = rejection(supervisor.closed);
    await clock.advance(0);

    expect(await failure).toBeInstanceOf(RestartLimitError);
    expect(await failure).toMatchObject({
      name: 'RestartLimitError',
      message: 'Cannot keep feed running: 2 restarts within 1000 ms were not enough',
      cause: new Error('failure 3'),
    });
    expect([runs, otherStopped]).toEqual([3, true]);
    await expect(supervisor.close()).rejects.toThrow(RestartLimitError);
  });

  it('E22 forgets restarts that are older than the window', async () => {
    const clock = new ManualClock();
    let runs = 0;
    const supervisor = new Supervisor({ maxRestarts: 1, windowMs: 1_000, clock });
    supervisor.add(async () => {
      runs += 1;
      await sleep(1_001, undefined, clock);
      throw new Error('broken');
    });

    await clock.advance(5_005);

    expect(runs).toBe(6);
    const closing = supervisor.close();
    await clock.advance(1_001);
    await closing;
  });

  it('pauses between restarts, twice as long each time, by a random part', async () => {
    const clock = new ManualClock();
    const begins: number[] = [];
    const supervisor = new Supervisor({
      maxRestarts: 3,
      baseDelayMs: 100,
      maxDelayMs: 300,
      windowMs: 10_000,
      random: () => 1,
      clock,
    });
    supervisor.add(() => {
      begins.push(clock.now());
      throw new Error('broken');
    });
    const failure = rejection(supervisor.closed);

    await clock.advance(1_000);

    expect(await failure).toBeInstanceOf(RestartLimitError);
    expect(begins).toEqual([0, 100, 300, 600]);
  });

  it.each([
    ['permanent', 2],
    ['transient', 1],
    ['temporary', 1],
  ] as const)('restarts a %s child that ends well as it should', async (restart, expected) => {
    const clock = new ManualClock();
    let runs = 0;
    const supervisor = new Supervisor({ clock });
    supervisor.add(
      async ({ signal }) => {
        runs += 1;
        if (runs > 1) await untilAborted(signal);
      },
      { restart },
    );

    await clock.advance(0);

    expect(runs).toBe(expected);
    await supervisor.close();
  });

  it('does not restart a temporary child that fails, but tells of the failure', async () => {
    const clock = new ManualClock();
    const failures: string[] = [];
    const supervisor = new Supervisor({
      clock,
      onFailure: (error, name) => failures.push(`${name}: ${String(error)}`),
    });
    const child = supervisor.add(() => Promise.reject(new Error('broken')), {
      name: 'once',
      restart: 'temporary',
    });

    await clock.advance(0);

    expect([failures, child.state]).toEqual([['once: Error: broken'], 'ended']);
    await supervisor.close();
  });

  it('stops one child for good', async () => {
    const clock = new ManualClock();
    let cleanedUp = false;
    const supervisor = new Supervisor({ clock });
    const child = supervisor.add(
      ({ signal }) => untilAborted(signal).finally(() => (cleanedUp = true)),
      { restart: 'permanent' },
    );

    await child.stop();
    await clock.advance(0);

    expect([cleanedUp, child.state, supervisor.children]).toEqual([true, 'ended', []]);
    await supervisor.close();
  });

  it('stops a child that waits for its restart', async () => {
    const clock = new ManualClock();
    const supervisor = new Supervisor({ baseDelayMs: 1_000, random: () => 1, clock });
    const child = supervisor.add(() => Promise.reject(new Error('broken')));
    await clock.advance(1);
    expect(child.state).toBe('waiting');

    await child.stop();

    expect([child.state, clock.pendingTimers]).toEqual(['ended', 0]);
    await supervisor.close();
  });

  it('is closed at the end of a block, and waits for its children', async () => {
    let cleanedUp = false;
    {
      await using supervisor = new Supervisor();
      supervisor.add(async ({ signal }) => {
        await untilAborted(signal).catch(() => {});
        await Promise.resolve();
        cleanedUp = true;
      });
    }
    expect(cleanedUp).toBe(true);
  });

  it('is closed by its signal, and leaves no listener', async () => {
    const controller = new AbortController();
    const supervisor = new Supervisor({ signal: controller.signal });
    supervisor.add(({ signal }) => untilAborted(signal), { restart: 'permanent' });

    controller.abort();
    await supervisor.closed;

    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    expect(() => supervisor.add(() => {})).toThrow('Cannot add a child: the supervisor has ended');
  });

  it('refuses numbers that are out of range', () => {
    expect(() => new Supervisor({ maxRestarts: Number.NaN })).toThrow(
      'Cannot make a supervisor: expected maxRestarts to be a number >= 0, found NaN',
    );
  });
});
