import { ManualClock, Deadline } from '@linkspan/concurrency';
import {
  type CallContext,
  ConfigurationError,
  createBody,
  retryPolicy,
  type Send,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { failureOf, get, refused } from './retry-scene.ts';

const clock = new ManualClock();
const context: CallContext = {
  signal: undefined,
  deadline: Deadline.never(clock),
  attempt: 1,
  streaming: false,
  attemptMs: Infinity,
  idleMs: Infinity,
  acceptStatus: () => true,
};

/** Fails so many times, then answers. */
function failing(times: number): { readonly send: Send; readonly attempts: number[] } {
  const attempts: number[] = [];
  const send: Send = async (_request, its) => {
    attempts.push(its.attempt);
    if (attempts.length <= times) throw refused();
    return { status: 200, headers: {}, body: createBody([], its) };
  };
  return { send, attempts };
}

describe('retryPolicy()', () => {
  it('sends the tries after a failure, counted on from the first, through what it is given', async () => {
    const { send, attempts } = failing(1);
    const answer = retryPolicy({ maxRetries: 2 }).tryAgain(send, get, context, refused());
    await clock.advance(60_000);

    expect((await answer).status).toBe(200);
    expect(attempts).toEqual([2, 3]);
  });

  it('fails with the last failure when there is no other try', async () => {
    const first = refused();
    const none = retryPolicy({ maxRetries: 0 }).tryAgain(failing(0).send, get, context, first);
    expect(await failureOf(none)).toBe(first);

    const { send, attempts } = failing(9);
    const failure = failureOf(retryPolicy().tryAgain(send, get, context, first));
    await clock.advance(60_000);
    expect(await failure).not.toBe(first);
    expect(await failure).toMatchObject({ attempts: 3 });
    expect(attempts).toEqual([2, 3]);
  });

  it('tells what is wrong with its options', () => {
    expect(() => retryPolicy({ maxRetries: -1 })).toThrow(ConfigurationError);
  });
});
