import { getEventListeners } from 'node:events';
import { Deadline, ManualClock } from '@linkspan/concurrency';
import {
  CircuitOpenError,
  ConfigurationError,
  ConnectionRefusedError,
  ConnectionResetError,
  InvalidRequestError,
  RateLimitError,
  ServerError,
} from '@linkspan/core';
import { type FallbackNotice, runWithFallback, type Way } from '@linkspan/resilience';
import { describe, expect, it, vi } from 'vitest';

const down = (): ServerError => new ServerError('Cannot answer: down', { status: 503 });
const failWith = (error: unknown) => (): never => {
  throw error;
};
const never: Way<never> = () => new Promise(() => {});

describe('runWithFallback()', () => {
  it('gives what the first way gives, and takes no other', async () => {
    const other = vi.fn<Way<string>>();

    expect(await runWithFallback([async () => 'first', other])).toBe('first');

    expect(other).not.toHaveBeenCalled();
  });

  it.each([
    ['does not work', down()],
    ['cannot be reached', new ConnectionRefusedError('x')],
    ['refuses by a limit', new RateLimitError('x', { status: 429 })],
    ['is not asked', new CircuitOpenError('x')],
    ['breaks off its answer', new ConnectionResetError('x', { phase: 'body' })],
  ])('takes the next way when a peer %s', async (_what, error) => {
    const notices: FallbackNotice[] = [];
    const onFallback = (notice: FallbackNotice): number => notices.push(notice);

    const answer = await runWithFallback([failWith(error), async () => 'second'], { onFallback });

    expect(answer).toBe('second');
    expect(notices).toEqual([{ error, way: 1, events: 0 }]);
  });

  it('comes to a value at last', async () => {
    expect(await runWithFallback([failWith(down()), failWith(down()), () => 'value'])).toBe(
      'value',
    );
  });

  it('does not take another way for what is wrong with the request', async () => {
    const other = vi.fn<Way<string>>();
    const wrong = new InvalidRequestError('x', { status: 400 });

    await expect(runWithFallback([failWith(wrong), other])).rejects.toBe(wrong);

    expect(other).not.toHaveBeenCalled();
  });

  it('takes another way for what its user says', async () => {
    const mistake = new TypeError('x');
    const when = (error: unknown): boolean => error === mistake;

    expect(await runWithFallback([failWith(mistake), () => 'second'], { when })).toBe('second');
    await expect(runWithFallback([failWith(down()), () => 'second'], { when })).rejects.toThrow(
      'down',
    );
  });

  it('fails with what the last way fails with, which tells of those before', async () => {
    const last = new ServerError('Cannot answer: on fire', { status: 500, attempts: 2 });
    const refused = new ConnectionRefusedError('Cannot connect: refused', { attempts: 3 });
    const ways = [failWith(refused), failWith(down()), failWith(last)];

    await expect(runWithFallback(ways)).rejects.toBe(last);

    expect(last.message).toBe(
      'Cannot answer: on fire; what was tried before it had failed, too: 1. Cannot connect: refused; 2. Cannot answer: down',
    );
    expect(last.stack).toContain(last.message);
    expect(last.attempts).toBe(6);
  });

  it('tells nothing twice of one failure, and leaves what is not its own as it is', async () => {
    const same = down();
    await expect(runWithFallback([failWith(same), failWith(same)])).rejects.toBe(same);
    expect(same).toMatchObject({ message: 'Cannot answer: down', attempts: 1 });

    const foreign = new TypeError('foreign');
    await expect(runWithFallback([failWith(down()), failWith(foreign)])).rejects.toBe(foreign);
    expect(foreign.message).toBe('foreign');
  });

  it('shows no credential of what failed before', async () => {
    const first = new TypeError('GET https://ada:secret-51c3@a.test/ failed: Bearer secret-51c3');
    const last = down();
    const ways = [failWith(first), failWith(last)];

    await expect(runWithFallback(ways, { when: () => true })).rejects.toBe(last);

    expect(last.message).toContain('a.test');
    expect(last.message).not.toContain('secret-51c3');
  });

  it('gives each way the signal and the deadline, as options of a call', async () => {
    const { signal } = new AbortController();
    const clock = new ManualClock(5);
    const given: unknown[] = [];
    const way: Way<never> = (limits) => {
      given.push(limits);
      throw down();
    };
    const deadline = Deadline.after(100, clock);
    const options = { signal, deadline, totalMs: 70 };

    await expect(runWithFallback([way, way], options)).rejects.toThrow('down');

    expect(given).toEqual([
      { signal, deadline: Deadline.at(75, clock) },
      { signal, deadline: Deadline.at(75, clock) },
    ]);
  });

  it('rejects with the reason of its caller, whatever the way is doing', async () => {
    const caller = new AbortController();
    const reason = { why: 'left' };
    const other = vi.fn<Way<string>>();
    const options = { signal: caller.signal, when: () => true };
    const answer = runWithFallback([never, other], options);
    caller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    await expect(runWithFallback([other], options)).rejects.toBe(reason);
    expect(other).not.toHaveBeenCalled();
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
  });

  it('takes no other way when its caller aborts between two', async () => {
    const caller = new AbortController();
    const reason = new Error('left');
    const other = vi.fn<Way<string>>();
    const onFallback = (): void => caller.abort(reason);
    const options = { signal: caller.signal, onFallback };

    await expect(runWithFallback([failWith(down()), other], options)).rejects.toBe(reason);

    expect(other).not.toHaveBeenCalled();
  });

  it('rejects with the reason of its caller when the way fails of itself at that moment', async () => {
    const caller = new AbortController();
    const reason = new Error('left');
    const onFallback = vi.fn<() => void>();
    const way: Way<string> = () => {
      caller.abort(reason);
      throw down();
    };

    const options = { signal: caller.signal, onFallback };
    await expect(runWithFallback([way, () => 'second'], options)).rejects.toBe(reason);

    expect(onFallback).not.toHaveBeenCalled();
  });

  it('ends at the deadline, though a way does not heed it', async () => {
    const clock = new ManualClock();
    const deadline = Deadline.after(100, clock);
    const other = vi.fn<Way<string>>();
    const answer = runWithFallback([failWith(down()), never, other], { deadline });
    const failure = answer.catch((error: unknown) => error);
    await clock.advance(99);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1);

    expect(await failure).toMatchObject({
      clock: 'totalMs',
      limitMs: 100,
      message: expect.stringMatching(/no way gave an answer within its 100 ms .*1\. .*down$/),
    });
    expect(other).not.toHaveBeenCalled();
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves no timer and no listener behind', async () => {
    const clock = new ManualClock();
    const { signal } = new AbortController();
    const options = { signal, deadline: Deadline.after(100, clock) };

    await runWithFallback([failWith(down()), () => 'second'], options);

    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('survives a hook that throws', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const options = { onFallback: failWith(new Error('hook')) };

    expect(await runWithFallback([failWith(down()), () => 'second'], options)).toBe('second');

    expect(warn).toHaveBeenCalledOnce();
  });

  it.each([
    [[], {}, /ways: expected a list of functions, one or more/],
    [['https://a.test'] as never, {}, /ways: /],
    [[never], { totalMs: -1 }, /totalMs: /],
    [[never], { retry: 3 }, /retry: /],
  ])('refuses what is not right: %j %j', async (ways, options: object, message) => {
    const refused = runWithFallback<unknown>(ways, options);

    await expect(refused).rejects.toThrow(ConfigurationError);
    await expect(refused).rejects.toThrow(message);
  });
});
