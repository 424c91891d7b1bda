import { sleep } from '@linkspan/concurrency';
import { ConnectionResetError, retry } from '@linkspan/core';
import { hedge, RetryBudget } from '@linkspan/resilience';
import { describe, expect, it } from 'vitest';
import { get, layerScene } from './layer-scene.ts';

type Plan = readonly (number | 'never' | 'fails')[];

/** A peer whose attempts take so long, one after another. */
function scene(plan: Plan, options: Partial<Parameters<typeof hedge>[0]> = {}) {
  const aborted: number[] = [];
  let attempts = 0;
  const made = layerScene(
    () => [hedge({ delayMs: 100, ...options })],
    async (_request, { signal }) => {
      const number = (attempts += 1);
      signal.addEventListener('abort', () => aborted.push(number));
      const ms = plan[number - 1]!;
      if (ms === 'fails') throw new ConnectionResetError(`attempt ${number}`);
      if (ms === 'never') await new Promise(() => {});
      else await sleep(ms, signal, made.clock);
      return { body: `attempt ${number}` };
    },
  );
  return { aborted, ...made };
}

describe('hedge()', () => {
  it('sends nothing twice that is answered in time', async () => {
    const { call, clock, sentAt } = scene([99]);
    const answer = call();
    await clock.advance(1000);

    expect(await answer).toBe('attempt 1');
    expect(sentAt).toEqual([0]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('sends again what is slow, takes the first head and aborts the other attempt', async () => {
    const { call, clock, sentAt, aborted } = scene(['never', 20]);
    const answer = call();
    await clock.advance(120);

    expect(await answer).toBe('attempt 2');
    expect(sentAt).toEqual([0, 100]);
    expect(aborted).toEqual([1]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes the first when it comes first after all', async () => {
    const { call, clock, aborted } = scene([150, 'never']);
    const answer = call();
    await clock.advance(150);

    expect(await answer).toBe('attempt 1');
    expect(aborted).toEqual([2]);
  });

  it('ends the wait between tries of the attempt that has lost', async () => {
    let attempts = 0;
    const { call, clock } = layerScene(
      () => [hedge({ delayMs: 100 }), retry({ baseDelayMs: 5000 }, () => 1)],
      () => {
        attempts += 1;
        if (attempts === 1) throw new ConnectionResetError('attempt 1');
        return { body: 'attempt 2' };
      },
    );
    const answer = call();
    await clock.advance(100);

    expect(await answer).toBe('attempt 2');
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for the other attempt when one fails, and fails with the first failure of all', async () => {
    const rescued = scene(['fails']);
    expect(await rescued.call()).toMatchObject({ message: 'attempt 1' });
    expect(rescued.clock.pendingTimers).toBe(0);

    const { call, clock } = scene([150, 'fails']);
    const answer = call();
    await clock.advance(150);
    expect(await answer).toBe('attempt 1');
  });

  it('sends no more than it may', async () => {
    const { call, clock, sentAt } = scene(['never', 'never', 'never', 'never'], { maxHedges: 2 });
    const answer = call(get, { totalMs: 1000 });
    await clock.advance(1000);

    expect(await answer).toMatchObject({ clock: 'totalMs' });
    expect(sentAt).toEqual([0, 100, 200]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not hedge what may not be done twice', async () => {
    const { call, clock, sentAt } = scene([500, 0]);
    const answer = call({ operation: 'POST', target: '/' });
    await clock.advance(500);

    await answer;
    expect(sentAt).toEqual([0]);
  });

  it('does not hedge what one attempt alone can read, however often it may be done', async () => {
    const { call, clock, sentAt } = scene([500, 0]);
    const stream = (async function* none() {})();
    const payload = { kind: 'stream', stream, isUntouched: () => true } as const;
    const answer = call({ operation: 'PUT', target: '/', payload });
    await clock.advance(500);

    await answer;
    expect(sentAt).toEqual([0]);
  });

  it('asks the budget', async () => {
    const { call, clock, sentAt } = scene([500, 0], {
      budget: new RetryBudget({ ratio: 0, minPerSecond: 0 }),
    });
    const answer = call();
    await clock.advance(500);

    expect(await answer).toBe('attempt 1');
    expect(sentAt).toEqual([0]);
  });

  it('ends with the reason of the caller, in every attempt', async () => {
    const { call, clock, aborted } = scene(['never', 'never']);
    const caller = new AbortController();
    const answer = call(get, { signal: caller.signal });
    await clock.advance(100);
    const reason = new Error('left');
    caller.abort(reason);

    expect(await answer).toBe(reason);
    expect(aborted).toEqual([1, 2]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('tries an attempt that has lost no more, where it waits to be tried again', async () => {
    let attempts = 0;
    const seenAt: number[] = [];
    const { call, clock } = layerScene(
      (time) => [
        hedge({ delayMs: 100 }),
        retry(),
        (next) => (request, context) => {
          seenAt.push(time.now());
          return next(request, context);
        },
      ],
      () => {
        attempts += 1;
        return attempts === 1
          ? { status: 503, headers: { 'retry-after-ms': '500' } }
          : { body: 'answer' };
      },
    );
    const answer = call();
    await clock.advance(1000);

    expect(await answer).toBe('answer');
    expect(seenAt).toEqual([0, 100]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets the caller end the body of the answer that was taken', async () => {
    const layers = [hedge({ delayMs: 100 })];
    const { open } = layerScene(
      () => layers,
      () => ({
        body: (async function* endless() {
          yield 'begun';
          await new Promise(() => {});
        })(),
      }),
    );
    const caller = new AbortController();
    const response = await open(get, { signal: caller.signal });
    const text = response.text();
    const reason = new Error('left');
    caller.abort(reason);

    await expect(text).rejects.toBe(reason);
  });
});
