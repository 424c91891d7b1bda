import { channel, Deadline, ManualClock } from '@linkspan/concurrency';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';

describe('channel()', () => {
  it('holds as many values as its capacity, then makes the sender wait', async () => {
    const line = channel<number>(2);
    await line.send(1);
    await line.send(2);
    let sent = false;
    const third = line.send(3).then(() => (sent = true));
    await Promise.resolve();
    expect([line.size, sent, line.trySend(4)]).toEqual([2, false, false]);

    expect(await line.receive()).toBe(1);
    await third;

    expect([await line.receive(), await line.receive(), line.tryReceive()]).toEqual([
      2,
      3,
      undefined,
    ]);
  });

  it('hands over from sender to receiver with a capacity of 0', async () => {
    const line = channel<string>();
    let sent = false;
    const sending = line.send('hello').then(() => (sent = true));
    await Promise.resolve();
    expect(sent).toBe(false);

    expect(await line.receive()).toBe('hello');
    await sending;
    expect(line.size).toBe(0);

    const receiving = line.receive();
    expect(line.trySend('again')).toBe(true);
    expect(await receiving).toBe('again');
  });

  it('keeps the order of thousands of values', async () => {
    const line = channel<number>(Infinity);
    const values = Array.from({ length: 5_000 }, (_, index) => index);
    for (const value of values) line.trySend(value);
    line.close();

    const received: number[] = [];
    for await (const value of line) received.push(value);

    expect(received).toEqual(values);
  });

  it('ends the loop of a receiver when it is closed, after what it holds', async () => {
    const line = channel<string>(2);
    await line.send('a');
    await line.send('b');
    line.close();

    const received: string[] = [];
    for await (const value of line) received.push(value);

    expect(received).toEqual(['a', 'b']);
    expect(line.closed).toBe(true);
  });

  it('ends the wait of those who iterate when it is closed', async () => {
    const line = channel<string>();
    const next = line[Symbol.asyncIterator]().next();
    const receiving = rejection(line.receive());

    line.close();

    expect(await next).toEqual({ value: undefined, done: true });
    expect(await receiving).toMatchObject({
      name: 'InvalidStateError',
      message: 'Cannot receive from the channel: it was closed',
    });
  });

  it('fails receivers with the reason it was closed with, after what it holds', async () => {
    const line = channel<string>(1);
    await line.send('last words');
    const reason = new Error('peer has gone');

    line.close(reason);
    line.close(new Error('a second reason'));

    expect(await line.receive()).toBe('last words');
    await expect(line.receive()).rejects.toBe(reason);
    await expect(line.send('too late')).rejects.toBe(reason);
    await expect(line[Symbol.asyncIterator]().next()).rejects.toBe(reason);
  });

  it('fails a receiver that waits when it is closed with a reason', async () => {
    const line = channel<string>();
    const receiving = line.receive();

    line.close('gone');

    await expect(receiving).rejects.toBe('gone');
  });

  it('refuses the values of senders that wait when it is closed', async () => {
    const line = channel<string>(1);
    await line.send('in');
    const waiting = line.send('out');

    line.close();

    await expect(waiting).rejects.toThrow('Cannot send to the channel: it was closed');
    expect(await line.receive()).toBe('in');
    expect(() => line.trySend('later')).toThrow('it was closed');
  });

  it('is closed at the end of a using block', () => {
    const line = channel<string>();
    {
      using held = line;
      expect(held.closed).toBe(false);
    }
    expect(line.closed).toBe(true);
  });

  it('sends nothing for a sender that was cancelled', async () => {
    const line = channel<string>(1);
    await line.send('a');
    const controller = new AbortController();
    const cancelled = line.send('b', controller.signal);
    const patient = line.send('c');

    controller.abort('enough');
    await expect(cancelled).rejects.toBe('enough');

    expect(await line.receive()).toBe('a');
    await patient;
    expect(await line.receive()).toBe('c');
  });

  it('gives no value to a receiver that was cancelled before it came', async () => {
    const line = channel<string>(1);
    const controller = new AbortController();
    const cancelled = line.receive(controller.signal);

    controller.abort('enough');
    line.trySend('a');

    await expect(cancelled).rejects.toBe('enough');
    expect(await line.receive()).toBe('a');
  });

  it('gives the value to a receiver that is cancelled after it came', async () => {
    const line = channel<string>(1);
    const controller = new AbortController();
    const receiving = line.receive(controller.signal);

    line.trySend('a');
    controller.abort('too late');

    expect(await receiving).toBe('a');
  });

  it('gives up at the deadline, in loops too', async () => {
    const clock = new ManualClock();
    const line = channel<string>();
    const deadline = Deadline.after(10, clock);
    const failures = [
      rejection(line.receive({ deadline })),
      rejection(line.values({ deadline })[Symbol.asyncIterator]().next()),
    ];
    const full = channel<string>();
    failures.push(rejection(full.send('a', { deadline })));

    await clock.advance(10);

    for (const failure of await Promise.all(failures)) {
      expect(failure).toHaveProperty('name', 'TimeoutError');
    }
    expect(clock.pendingTimers).toBe(0);
  });

  it('stays open when a receiver leaves its loop', async () => {
    const line = channel<number>(2);
    await line.send(1);
    await line.send(2);

    for await (const value of line) {
      expect(value).toBe(1);
      break;
    }

    expect([line.closed, await line.receive()]).toEqual([false, 2]);
  });

  it.each([[-1], [0.5], [Number.NaN]])('refuses a capacity of %s', (capacity) => {
    expect(() => channel(capacity)).toThrow(RangeError);
  });

  it('delivers each value that was sent exactly once, in any schedule of cancellations', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 0, max: 3 }),
        fc.array(fc.boolean(), { maxLength: 7 }),
        fc.array(fc.boolean(), { maxLength: 7 }),
        async (scheduler, capacity, sends, receives) => {
          const line = channel<number>(capacity);
          const begin = async (cancel: boolean, name: string): Promise<AbortSignal> => {
            const controller = new AbortController();
            await scheduler.schedule(Promise.resolve(), `begin ${name}`);
            if (cancel) {
              void scheduler
                .schedule(Promise.resolve(), `cancel ${name}`)
                .finally(() => controller.abort('cancelled'));
            }
            return controller.signal;
          };
          const sent: number[] = [];
          const received: number[] = [];
          const senders = sends.map(async (cancel, value) => {
            await line.send(value, await begin(cancel, `send ${value}`));
            sent.push(value);
          });
          const receivers = receives.map(async (cancel, index) => {
            received.push(await line.receive(await begin(cancel, `receive ${index}`)));
          });
          const all = Promise.allSettled([...senders, ...receivers]);

          await scheduler.waitAll();
          line.close();
          for await (const value of line) received.push(value);
          await all;

          expect(new Set(received)).toEqual(new Set(sent));
          expect(received).toHaveLength(sent.length);
        },
      ),
    );
  });
});
