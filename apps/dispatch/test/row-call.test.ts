import { CircuitOpenError, createHttpClient } from 'linkspan';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RowCall } from '../src/delivery/row-call.ts';
import type { Row } from '../src/input/row.ts';
import { startApi } from './start-api.ts';

const row: Row = {
  id: 'a',
  kind: 'json',
  method: 'GET',
  path: '/x',
  requestHash: '0123456789abcdef',
};
const settings = {
  retries: 7,
  retryBaseMs: 0,
  budgetWaitMs: 10,
  totalMs: 20_000,
  firstEventMs: Infinity,
  eventIdleMs: Infinity,
};

describe('RowCall', () => {
  it('tells the budget of a request once, however often it is sent again', async () => {
    let requests = 0;
    const baseUrl = await startApi((_id, response) => {
      requests += 1;
      // The client itself repeats one of them, the row call the other.
      if (requests % 2 === 0) response.writeHead(503).end();
      else response.setHeader('content-type', 'text/html').end('<p>Sign in');
    });
    const client = createHttpClient({ baseUrl });
    onTestFinished(() => client.close());
    const told = { records: 0, takes: 0 };
    const budget = {
      record: (): void => void (told.records += 1),
      take: (): boolean => (told.takes += 1) > 0,
    };
    const call = new RowCall(row, settings, { budget, hasFallback: false }, never());

    const answer = call.exchange(true, async (options) => {
      const response = await client.request({ path: '/x' }, options);
      return await response.json();
    });

    await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
    expect(told).toEqual({ records: 1, takes: 7 });
    expect(requests).toBe(8);
    expect(call).toMatchObject({ attempts: 8, fallback: undefined });
  });

  it('looks again at a circuit whose trial is under way, which is no retry', async () => {
    const call = new RowCall(row, settings, route, never());
    let looks = 0;

    const answer = await call.exchange(false, async () => {
      looks += 1;
      if (looks < 4) throw trialUnderWay();
      return 'sent';
    });

    expect(answer).toBe('sent');
    expect(call).toMatchObject({ attempts: 1, retries: [] });
  });

  it('does not look at it time and again: a row that cannot wait so long fails', async () => {
    const call = new RowCall(row, { ...settings, budgetWaitMs: 1e15 }, route, never());
    let looks = 0;

    const answer = call.exchange(false, async () => {
      looks += 1;
      if (looks < 4) throw trialUnderWay();
      return 'sent';
    });

    await expect(answer).rejects.toMatchObject({ code: 'circuit_open' });
    expect(looks).toBe(1);
    expect(call).toMatchObject({ attempts: 0, retries: [] });
  });
});

const route = { budget: { take: (): boolean => true }, hasFallback: false };

function trialUnderWay(): CircuitOpenError {
  return new CircuitOpenError('Cannot send the request: the circuit is half-open');
}

function never(): AbortSignal {
  return new AbortController().signal;
}
