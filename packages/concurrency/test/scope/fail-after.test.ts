import { failAfter, ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { untilAborted } from '../until-aborted.ts';

describe('failAfter()', () => {
  it('R33 gives the value of a function that is in time', async () => {
    expect(await failAfter(1_000, () => Promise.resolve('in time'))).toBe('in time');
  });

  it('U4 rejects with a TimeoutError when the time is up', async () => {
    const clock = new ManualClock();
    const error = rejection(failAfter(50, ({ signal }) => untilAborted(signal), { clock }));

    await clock.advance(50);

    expect(await error).toMatchObject({
      name: 'TimeoutError',
      message: 'The work was not done within 50 ms',
    });
  });

  it('U5 takes undefined as no limit', async () => {
    const clock = new ManualClock();
    const running = failAfter(
      undefined,
      () => new Promise((resolve) => clock.setTimeout(() => resolve('late'), 86_400_000)),
      { clock },
    );

    await clock.advance(86_400_000);

    expect(await running).toBe('late');
  });

  it('rejects with the reason that it was given', async () => {
    const clock = new ManualClock();
    const reason = new Error('too slow for us');
    const error = rejection(
      failAfter(5, () => new Promise(() => {}), { clock, timeoutReason: () => reason }),
    );

    await clock.advance(5);

    expect(await error).toBe(reason);
  });

  it('throws the failure of the function, not a TimeoutError, where both happen', async () => {
    const clock = new ManualClock();
    const error = rejection(
      failAfter(
        5,
        async ({ signal }) => {
          await untilAborted(signal).catch(() => {});
          throw new Error('cleanup failed');
        },
        { clock },
      ),
    );

    await clock.advance(5);

    expect(await error).toHaveProperty('message', 'cleanup failed');
  });

  it('rejects with the reason of the caller who gives up', async () => {
    const controller = new AbortController();
    const failing = failAfter(1_000, ({ signal }) => untilAborted(signal), {
      signal: controller.signal,
    });

    controller.abort('enough');

    await expect(failing).rejects.toBe('enough');
  });

  it('rejects a limit that is not a number', async () => {
    await expect(failAfter(Number.NaN, () => 1)).rejects.toThrow(RangeError);
  });
});
