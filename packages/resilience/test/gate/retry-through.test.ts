import { type AttemptBudget, ConnectionResetError, retryPolicy, type Send } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { retryThrough } from '../../src/gate/retry-through.ts';
import { answer, context, gateOf, get } from './gate-scene.ts';

const failing = (times: number) => {
  const attempts: number[] = [];
  return {
    attempts,
    send: async (_request: unknown, { attempt }: typeof context) => {
      attempts.push(attempt);
      if (attempts.length <= times) throw new ConnectionResetError('reset');
      return answer;
    },
  };
};

describe('retryThrough()', () => {
  it('passes the gate with every try', async () => {
    const told: string[] = [];
    const { send, attempts } = failing(2);
    const policy = retryPolicy({ maxRetries: 2, baseDelayMs: 0 });
    const layer = retryThrough(gateOf('gate', 'late', told), policy);

    expect(await layer(send)(get, context)).toMatchObject({ status: 201 });
    expect(attempts).toEqual([1, 2, 3]);
    const failed = ['gate admits', 'gate failed: reset'];
    expect(told).toEqual([...failed, ...failed, 'gate admits', 'gate answered 200']);
  });

  it('tells the budget of a call once, and asks it for each try but the first', async () => {
    const told: string[] = [];
    const budget: AttemptBudget = {
      record: () => void told.push('call'),
      take: () => told.push('take') > 0,
    };
    const policy = retryPolicy({ maxRetries: 2, baseDelayMs: 0, budget });

    await retryThrough(gateOf('gate', 'at once', []), policy)(failing(2).send)(get, context);
    expect(told).toEqual(['call', 'take', 'take']);
  });

  it('sends what the policy writes on each request', async () => {
    const sent: unknown[] = [];
    const send: Send = async ({ headers }) => {
      sent.push(headers);
      if (sent.length < 3) throw new ConnectionResetError('reset');
      return answer;
    };
    const policy = retryPolicy({ attemptHeader: 'x-try', idempotencyKeys: true, baseDelayMs: 0 });
    const layer = retryThrough(gateOf('gate', 'late', []), policy);

    await layer(send)({ operation: 'POST', target: '/' }, context);
    const key = expect.stringMatching(/^[\da-f-]{36}$/) as string;
    expect(sent).toEqual(['1', '2', '3'].map((n) => ({ 'x-try': n, 'idempotency-key': key })));
    expect(new Set(sent.map((headers) => JSON.stringify(headers).replace(/"\d"/, ''))).size).toBe(
      1,
    );
  });

  it('rejects, and does not throw, when the budget breaks', async () => {
    const broken = new Error('broken');
    const record = (): never => {
      throw broken;
    };
    const policy = retryPolicy({ budget: { record, take: () => true } });
    const send = retryThrough(gateOf('gate', 'at once', []), policy)(failing(0).send);

    await expect(send(get, context)).rejects.toBe(broken);
  });
});
