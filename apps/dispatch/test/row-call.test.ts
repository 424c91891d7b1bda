import { createHttpClient } from 'linkspan';
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
});

function never(): AbortSignal {
  return new AbortController().signal;
}
