import { createHttpClient, type HttpClientOptions } from '@linkspan/http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServer } from '../loopback-server.ts';

const CALLS = 400;

/** How many requests a server gets that answers each of many calls with 503. */
async function sentTo(
  retry: HttpClientOptions['retry'],
  origins: number,
): Promise<readonly number[]> {
  const client = createHttpClient({ retry, env: {} });
  onTestFinished(() => client.close());
  const sent: number[] = Array.from({ length: origins }, () => 0);
  const calls = await Promise.all(
    sent.map(async (_none, index) => {
      const { url } = await startServer((_request, response) => {
        sent[index]! += 1;
        response.writeHead(503, { 'retry-after-ms': '20' }).end();
      });
      return Array.from({ length: CALLS }, () => client.get(url));
    }),
  );
  await Promise.allSettled(calls.flat());
  return sent;
}

describe('createHttpClient()', () => {
  it('has a retry budget for each origin: a peer that is down gets a tenth more, not three times as much', async () => {
    const sent = await sentTo(undefined, 2);

    for (const count of sent) {
      expect(count).toBeGreaterThan(CALLS);
      // All within a second, or spread over the slow seconds of a busy machine: thirty in any ten.
      expect(count).toBeLessThanOrEqual(CALLS * 1.1 + 30);
    }
  });

  it('has no budget where that is asked for', async () => {
    expect(await sentTo({ budget: false }, 1)).toEqual([3 * CALLS]);
  });

  it('takes a budget of its user', async () => {
    expect(await sentTo({ budget: { take: () => false } }, 1)).toEqual([CALLS]);
  });
});
