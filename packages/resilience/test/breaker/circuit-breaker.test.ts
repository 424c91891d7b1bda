import { ManualClock } from '@linkspan/concurrency';
import {
  CircuitOpenError,
  ConfigurationError,
  ConnectionResetError,
  statusError,
} from '@linkspan/core';
import {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitChange,
  memoryStore,
} from '@linkspan/resilience';
import { describe, expect, it, vi } from 'vitest';

const reset = (): Error => new ConnectionResetError('Cannot read: reset', { phase: 'headers' });

function scene(options: CircuitBreakerOptions = {}) {
  const clock = new ManualClock();
  const changes: string[] = [];
  const breaker = new CircuitBreaker('https://api.example.com', {
    clock,
    onStateChange: ({ from, to }: CircuitChange) => void changes.push(`${from} to ${to}`),
    ...options,
  });
  return {
    clock,
    breaker,
    changes,
    /** Calls of which `x` fails, `-` succeeds, and `?` ends without a word of the peer. */
    calls: (outcomes: string): void => {
      for (const outcome of outcomes) {
        const era = breaker.enter();
        if (outcome === '-') breaker.succeed(era);
        else breaker.fail(era, outcome === 'x' ? reset() : new DOMException('left', 'AbortError'));
      }
    },
  };
}

const open = (): ReturnType<typeof scene> => {
  const opened = scene({ rule: { consecutive: 1 }, openMs: 5000, halfOpenCalls: 2 });
  opened.calls('x');
  return opened;
};

describe('CircuitBreaker', () => {
  it('opens after failures in a row', () => {
    const { breaker, calls } = scene({ rule: { consecutive: 3 } });

    calls('xx-xx??');
    expect(breaker.state).toBe('closed');
    calls('x');
    expect(breaker.state).toBe('open');
  });

  it('takes an answer that refuses the request for one of a peer that works', () => {
    const { breaker, calls } = scene({ rule: { consecutive: 2 } });
    calls('x');
    breaker.fail(breaker.enter(), statusError({ status: 404 }));
    calls('x');

    expect(breaker.state).toBe('closed');
  });

  it('opens when some of the last calls have failed', () => {
    const { breaker, calls } = scene({ rule: { failures: 3, ofCalls: 5 } });

    calls('xx---x-x-');
    expect(breaker.state).toBe('closed');
    calls('x');
    expect(breaker.state).toBe('open');
  });

  it('opens when a share of the calls within a window has failed', async () => {
    const rule = { ratio: 0.5, windowMs: 1000, minCalls: 4 };
    const { breaker, calls, clock } = scene({ rule });

    calls('xxx');
    await clock.advance(1000);
    calls('x---');
    expect(breaker.state).toBe('closed');
    calls('xx');
    expect(breaker.state).toBe('open');
  });

  it('opens by what others on its store have counted, too', () => {
    const clock = new ManualClock();
    const store = memoryStore({ clock });
    const rule = { ratio: 0.5, windowMs: 1000, minCalls: 4 };
    const [one, other] = [scene({ rule, store, clock }), scene({ rule, store, clock })];

    one.calls('xxx');
    other.calls('x');
    expect([one.breaker.state, other.breaker.state]).toEqual(['closed', 'open']);
  });

  it('R18 C20 refuses while it is open, and says for how long', async () => {
    const { breaker, clock } = open();
    await clock.advance(800);

    const sent = vi.fn<() => void>();
    const refusal = await breaker.run(sent).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CircuitOpenError);
    expect(refusal).toMatchObject({ retryAfterMs: 4200, sent: 'no', retryable: 'no' });
    expect((refusal as Error).message).toBe(
      'Cannot send the request: the circuit for https://api.example.com is open for another 4.2 s',
    );
    expect(sent).not.toHaveBeenCalled();
  });

  it('lets exactly as many through as it is told, then closes when all succeed', async () => {
    const { breaker, clock, changes } = open();
    await clock.advance(5000);

    const eras = [breaker.enter(), breaker.enter()];
    expect(() => breaker.enter()).toThrow(/is half-open, and its trial is under way$/);
    breaker.succeed(eras[0]!);
    expect(() => breaker.enter()).toThrow(CircuitOpenError);
    breaker.succeed(eras[1]!);
    expect(breaker.state).toBe('closed');
    expect(changes).toEqual(['closed to open', 'open to half-open', 'half-open to closed']);
  });

  it('gives no hint while a trial is under way, which may be over at once', async () => {
    const { breaker, clock } = open();
    await clock.advance(5000);
    breaker.enter();
    breaker.enter();

    const refusal = await breaker.run(() => 'sent').catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(CircuitOpenError);
    expect(refusal).toMatchObject({ retryAfterMs: undefined, sent: 'no', retryable: 'no' });
  });

  it('opens again with the first trial that fails, for as long as before', async () => {
    const { breaker, clock, calls } = open();
    await clock.advance(5000);

    calls('-x');
    expect(breaker.openForMs).toBe(5000);
    await clock.advance(4999);
    expect(() => breaker.enter()).toThrow(CircuitOpenError);
    await clock.advance(1);
    calls('--');
    expect(breaker.state).toBe('closed');
  });

  it('lets another call try when one that was to find out was left', async () => {
    const { breaker, clock, calls } = open();
    await clock.advance(5000);

    calls('????--');
    expect(breaker.state).toBe('closed');
  });

  it('does not count what began before it opened', async () => {
    const { breaker, clock, calls } = scene({ rule: { consecutive: 1 }, openMs: 1000 });
    const early = [breaker.enter(), breaker.enter()];
    calls('x');
    await clock.advance(1000);
    const trial = breaker.enter();

    breaker.succeed(early[0]!);
    expect(breaker.state).toBe('half-open');
    breaker.fail(early[1]!, reset());
    expect(breaker.state).toBe('half-open');
    breaker.succeed(trial);
    expect(breaker.state).toBe('closed');
  });

  it('starts to count anew when it has closed', async () => {
    const { breaker, clock, calls } = scene({ rule: { failures: 2, ofCalls: 10 }, openMs: 1000 });
    calls('xx');
    await clock.advance(1000);
    calls('-x');

    expect(breaker.state).toBe('closed');
  });

  it('counts what its user says', () => {
    const { breaker } = scene({
      rule: { consecutive: 1 },
      isFailure: (error) => (error instanceof TypeError ? true : undefined),
    });

    breaker.fail(breaker.enter(), new RangeError('x'));
    expect(breaker.state).toBe('closed');
    breaker.fail(breaker.enter(), new TypeError('x'));
    expect(breaker.state).toBe('open');
  });

  it('survives a hook that throws', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { breaker, calls } = scene({
      rule: { consecutive: 1 },
      onStateChange: () => {
        throw new Error('hook');
      },
    });
    calls('x');

    expect(breaker.state).toBe('open');
    expect(warn).toHaveBeenCalledOnce();
  });

  it.each([
    { consecutive: 0 },
    { consecutive: 2, ofCalls: 3 },
    { failures: 3, ofCalls: 2 },
    { ratio: 2, windowMs: 10, minCalls: 1 },
    { ratio: 0.5 },
    5,
  ])('tells that %j is no rule', (rule) => {
    expect(() => scene({ rule: rule as never })).toThrow(ConfigurationError);
    expect(() => scene({ rule: rule as never })).toThrow(/rule: expected \{ consecutive \}/);
  });
});
