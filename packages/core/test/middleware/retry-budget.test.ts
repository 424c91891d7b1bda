import { ManualClock } from '@linkspan/concurrency';
import {
  type AttemptBudget,
  ConfigurationError,
  createClient,
  type LinkspanError,
  memoryTransport,
  retry,
  type RetryOptions,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { failureOf, get, refused, send } from './retry-scene.ts';

/** A budget of so many further attempts, which keeps what it is told. */
function budgetOf(left: number) {
  const told: string[] = [];
  const budget: AttemptBudget = {
    record: ({ target }) => void told.push(`call ${target}`),
    take: (request) => {
      told.push(`take ${request?.target}`);
      left -= 1;
      return left >= 0;
    },
  };
  return { budget, told };
}

/** What a call fails with whose peer cannot be reached. */
async function failingCall(
  options: RetryOptions,
  { inner = [], ofCall }: { inner?: readonly RetryOptions[]; ofCall?: RetryOptions } = {},
): Promise<LinkspanError> {
  const clock = new ManualClock();
  const transport = memoryTransport(() => {
    throw refused();
  });
  const middleware = inner.map((each) => retry(each));
  const client = createClient({ transport, clock, env: {}, middleware, retry: options });
  const failure = failureOf(client.request(get, { retry: ofCall }));
  await clock.advance(59_000);
  return await failure;
}

describe('retry() with a budget', () => {
  it('asks it before each try but the first', async () => {
    const { budget, told } = budgetOf(5);
    const { answer, attempts, clock } = send(get, { fails: [refused, refused], retry: { budget } });
    await clock.advance(60_000);

    await answer;
    expect(attempts.length).toBe(3);
    expect(told).toEqual(['call /', 'take /', 'take /']);
  });

  it('fails at once, with what was to be cured, when it refuses', async () => {
    const { budget } = budgetOf(1);
    const { answer, attempts, clock } = send(get, { fails: [refused, refused], retry: { budget } });
    await clock.advance(60_000);

    const error = await failureOf(answer);
    expect(error).toMatchObject({ kind: 'network', attempts: 2 });
    expect(error.message).toMatch(/; the retry budget allows no other try$/);
    expect(attempts.length).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not ask it for a try that would not be made', async () => {
    const { budget, told } = budgetOf(5);
    const { answer } = send(get, { fails: [refused], totalMs: 10, retry: { budget } });

    await failureOf(answer);
    expect(told).toEqual(['call /']);
  });

  it('tells it of a call once, however many layers share it', async () => {
    const { budget, told } = budgetOf(3);

    await failingCall({ budget }, { inner: [{ budget }, { budget }] });
    expect(told.filter((each) => each.startsWith('call'))).toEqual(['call /']);
    expect(told.filter((each) => each.startsWith('take')).length).toBeGreaterThan(3);
  });

  it('has none when it is false, in the client or for one call', async () => {
    const { budget, told } = budgetOf(0);

    await failingCall({ budget: false });
    const { attempts } = await failingCall({ budget }, { ofCall: { budget: false } });
    expect(attempts).toBe(3);
    expect(told).toEqual([]);
  });

  it('tells what is wrong with it', () => {
    expect(() => retry({ budget: {} as never })).toThrow(ConfigurationError);
    expect(() => retry({ budget: true as never })).toThrow(
      /budget: expected a budget: an object with take\(\); or false/,
    );
  });
});
