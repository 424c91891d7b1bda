import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutgoingQueue } from '../../src/client/outgoing-queue.ts';

const limits = { highWaterBytes: 10, highWaterMessages: 3 };

/** Whether a promise has resolved, after the jobs that wait. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const jobs = (async () => {
    for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
    return pending;
  })();
  return (await Promise.race([promise.catch(() => {}), jobs])) !== pending;
}

describe('OutgoingQueue', () => {
  it('accepts at once while it is below its high-water marks', async () => {
    const queue = new OutgoingQueue(limits);
    expect(await isDone(queue.push('12345', undefined))).toBe(true);
    expect(await isDone(queue.push(new Uint8Array(20), undefined))).toBe(true);
    const waiting = queue.push('x', undefined);
    expect(await isDone(waiting)).toBe(false);

    await queue.next();
    expect(await isDone(waiting)).toBe(false);
    await queue.next();
    expect(await isDone(waiting)).toBe(true);
  });

  it('counts messages that have no size', async () => {
    const queue = new OutgoingQueue(limits);
    const pushes = [1, 2, 3, 4].map((message) => queue.push({ message }, undefined));
    expect(await Promise.all(pushes.map((push) => isDone(push)))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('takes a message back when its sender aborts while it waits', async () => {
    const queue = new OutgoingQueue({ highWaterBytes: 1, highWaterMessages: 1 });
    const controller = new AbortController();
    await queue.push('a', undefined);
    const taken = queue.push('b', controller.signal);
    const stays = queue.push('c', undefined);

    controller.abort('no');

    await expect(taken).rejects.toBe('no');
    expect([await queue.next(), await queue.next()].map(({ value }) => value)).toEqual(['a', 'c']);
    await stays;
    await expect(queue.push('d', controller.signal)).rejects.toBe('no');
  });

  it('gives what was accepted before it ends, and refuses the senders that wait', async () => {
    const queue = new OutgoingQueue({ highWaterBytes: 1, highWaterMessages: 1 });
    const refusal = new Error('closed');
    await queue.push('a', undefined);
    const waiting = queue.push('b', undefined);

    queue.end(refusal, { code: 1000 });

    await expect(waiting).rejects.toBe(refusal);
    await expect(queue.push('c', undefined)).rejects.toBe(refusal);
    expect(await queue.next()).toEqual({ done: false, value: 'a' });
    expect(await queue.next()).toEqual({ done: true, value: { code: 1000 } });
  });

  it('keeps the order and loses nothing, in any mix of senders, takers and aborts', async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant('push' as const) },
      { weight: 2, arbitrary: fc.constant('take' as const) },
      { weight: 1, arbitrary: fc.constant('takeOn' as const) },
      { weight: 1, arbitrary: fc.constant('abort' as const) },
      { weight: 3, arbitrary: fc.constant('turn' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const queue = new OutgoingQueue({ highWaterBytes: 1e9, highWaterMessages: 2 });
        const accepted: number[] = [];
        const taken: Promise<IteratorResult<unknown, unknown>>[] = [];
        const controllers: AbortController[] = [];
        let pushed = 0;
        const take = (): Promise<IteratorResult<unknown, unknown>> => {
          const read = queue.next();
          taken.push(read);
          return read;
        };
        for (const kind of steps) {
          if (kind === 'push') {
            const message = (pushed += 1);
            const controller = new AbortController();
            controllers.push(controller);
            queue.push(message, controller.signal).then(
              () => accepted.push(message),
              () => {},
            );
          } else if (kind === 'take') void take();
          // One who takes again as soon as it got something, before the others are told.
          else if (kind === 'takeOn') void take().then(take);
          else if (kind === 'abort') controllers.pop()?.abort();
          else await Promise.resolve();
        }
        queue.end(new Error('closed'));
        while ((await take()).done !== true);
        const results: IteratorResult<unknown, unknown>[] = [];
        for (let nth = 0; nth < taken.length; nth += 1) results.push(await taken[nth]!);
        const values = results.filter(({ done }) => done !== true).map(({ value }) => value);

        expect(values).toEqual(accepted.toSorted((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });

  it('does not slow down with its length', async () => {
    const queue = new OutgoingQueue({ highWaterBytes: 1e9, highWaterMessages: 1e9 });
    for (let index = 0; index < 50_000; index += 1) void queue.push(index, undefined);
    let sum = 0;
    for (let index = 0; index < 50_000; index += 1) sum += Number((await queue.next()).value);
    expect(sum).toBe((50_000 * 49_999) / 2);
  });
});
