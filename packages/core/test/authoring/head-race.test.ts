import { Deadline, ManualClock } from '@linkspan/concurrency';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type CallContext, HeadRace, TimeoutError } from '@linkspan/core';

function scene(facts: { totalMs?: number; attemptMs?: number } = {}) {
  const clock = new ManualClock();
  const controller = new AbortController();
  const context: CallContext = {
    signal: controller.signal,
    deadline: Deadline.after(facts.totalMs, clock),
    attempt: 1,
    streaming: false,
    attemptMs: facts.attemptMs ?? Infinity,
    idleMs: Infinity,
    acceptStatus: () => true,
  };
  return { clock, controller, context };
}

describe('HeadRace', () => {
  it('gives the result, at once or later', async () => {
    const { clock, context } = scene({ totalMs: 100, attemptMs: 10 });
    expect(await new HeadRace<number>(context).run(() => 1)).toBe(1);
    expect(await new HeadRace<number>(context).run(() => Promise.resolve(2))).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['attemptMs', { attemptMs: 10, totalMs: 100 }, 10],
    ['totalMs', { attemptMs: 100, totalMs: 10 }, 10],
  ])('ends when %s is over, and says where the attempt was', async (name, facts, ms) => {
    const { clock, context } = scene(facts);
    const race = new HeadRace<never>(context, { phase: 'connect', sent: 'no' });
    const running = race.run(() => new Promise(() => {}));
    running.catch(() => {});
    await clock.advance(ms);

    await expect(running).rejects.toMatchObject({
      constructor: TimeoutError,
      clock: name,
      phase: 'connect',
      sent: 'no',
    });
    expect(race.signal.aborted).toBe(true);
  });

  it('names the deadline also when its timer comes a moment early', async () => {
    const { clock, context } = scene({ totalMs: 10 });
    const running = new HeadRace<never>(context).run(() => new Promise(() => {}));
    running.catch(() => {});
    // What a timer sees that fired a little before its time.
    vi.spyOn(context.deadline, 'expired', 'get').mockReturnValue(false);
    await clock.advance(10);

    await expect(running).rejects.toMatchObject({ clock: 'totalMs', limitMs: 10 });
  });

  it('ends with fail(), also while it is being started', async () => {
    const { context } = scene();
    const later = new HeadRace<never>(context);
    const waiting = later.run(() => new Promise(() => {}));
    later.fail('closed');
    await expect(waiting).rejects.toBe('closed');

    const within = new HeadRace<number>(context);
    const failing = within.run((race) => {
      race.fail('closed');
      return Promise.reject(new Error('nobody waits for it'));
    });
    await expect(failing).rejects.toBe('closed');
  });

  it('settles once with the first of what happens, and leaves nothing, in any order', async () => {
    const happening = fc.constantFrom('abort', 'fail', 'resolve', 'reject', 'time');
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 6 }), async (happenings) => {
        const { clock, controller, context } = scene({ attemptMs: 10 });
        const result = Promise.withResolvers<string>();
        const race = new HeadRace<string>(context);
        const outcome = race
          .run(() => result.promise)
          .then(
            (value) => value,
            (error: unknown) => (error instanceof TimeoutError ? 'time' : error),
          );
        for (const what of happenings) {
          if (what === 'abort') controller.abort('abort');
          else if (what === 'fail') race.fail('fail');
          else if (what === 'resolve') result.resolve('resolve');
          else if (what === 'reject') result.reject('reject');
          // oxlint-disable-next-line no-await-in-loop -- things happen one after another
          await clock.advance(what === 'time' ? 10 : 0);
        }

        expect(await outcome).toBe(happenings[0]);
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
