import { ManualClock } from '@linkspan/concurrency';
import type { AttemptBudget } from '@linkspan/core';
import { connectWebSocket } from '@linkspan/websocket';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { startServer } from '../start-server.ts';
import { advanceUntil, collect } from '../until.ts';

/** Waits for nothing between attempts. */
const atOnce = { baseDelayMs: 0, maxDelayMs: 0 };

/** A budget that remembers what it was asked, and refuses what is behind the first so many. */
function spy(most = Infinity) {
  const asked: string[] = [];
  let taken = 0;
  const budget: AttemptBudget = {
    record: (request) => void asked.push(`call ${request.target}`),
    take: (request) => {
      asked.push(`again ${request?.target}`);
      taken += 1;
      return taken <= most;
    },
  };
  return { asked, budget };
}

describe('the budget of reconnects', () => {
  it('is not asked for the first attempt, and for each behind it, with its address', async () => {
    const { url } = await startServer((socket, _request, count) => {
      if (count < 3) socket.terminate();
      else socket.close(1000);
    });
    const { asked, budget } = spy();
    const ws = await connectWebSocket(url, { reconnect: { ...atOnce, budget } });
    await collect(ws);

    expect(asked).toEqual([`call ${url}/`, `again ${url}/`, `again ${url}/`]);
  });

  it('is told of the address that is really connected to', async () => {
    const second = await startServer((socket) => socket.close(1000));
    const first = await startServer((socket) => socket.terminate());
    const urls = [first.url, second.url];
    const { asked, budget } = spy();
    const reconnect = { ...atOnce, budget };
    const ws = await connectWebSocket(() => urls.shift()!, { reconnect });
    await collect(ws);

    expect(asked).toEqual([`call ${first.url}/`, `again ${second.url}/`]);
  });

  it('refuses attempts, which are waited behind, until there were too many', async () => {
    const { url, upgrades } = await startServer((socket) => socket.terminate());
    const { asked, budget } = spy(1);
    const waits: number[] = [];
    const ws = await connectWebSocket(url, {
      reconnect: { ...atOnce, maxAttempts: 4, budget, onRetry: () => waits.push(1) },
    });

    await expect(collect(ws)).rejects.toMatchObject({
      code: 'ws_abnormal',
      attempts: 1,
      message: expect.stringMatching(/; the retry budget refused 3 attempts$/),
    });
    expect(upgrades).toHaveLength(2);
    expect(asked).toHaveLength(5);
    expect(waits).toHaveLength(4);
  });

  it('takes a connection that lasted for an answered call: another one is a call as well', async () => {
    let server: WebSocket | undefined;
    const { url } = await startServer((socket) => {
      server = socket;
    });
    const clock = new ManualClock();
    const { asked, budget } = spy();
    const ws = await connectWebSocket(url, {
      clock,
      pingMs: Infinity,
      reconnect: { ...atOnce, budget, resetAfterMs: 10_000 },
    });
    for (const uptimeMs of [10_000, 9_999]) {
      // oxlint-disable-next-line no-await-in-loop -- one connection after another
      await clock.advance(uptimeMs);
      server?.terminate();
      server = undefined;
      // oxlint-disable-next-line no-await-in-loop -- as above
      await advanceUntil(clock, 0, () => server !== undefined && ws.status === 'open');
    }
    await ws.close();

    expect(asked.map((each) => each.split(' ')[0])).toEqual(['call', 'call', 'again']);
  });

  it('allows thirty further attempts in ten seconds, and all of them where there is none', async () => {
    const clock = new ManualClock();
    const attemptsWith = async (budget: false | undefined): Promise<number> => {
      const { url, upgrades } = await startServer((socket) => socket.terminate());
      const reconnect = { ...atOnce, maxAttempts: 32, budget };
      const ws = await connectWebSocket(url, { clock, reconnect });
      const reading = collect(ws).catch(() => {});
      let isOver = false;
      void reading.then(() => (isOver = true));
      await advanceUntil(clock, 0, () => isOver);
      return upgrades.length;
    };

    expect(await attemptsWith(undefined)).toBe(31);
    expect(await attemptsWith(false)).toBe(33);
  });

  it('has to be one', async () => {
    const reconnect = { budget: { take: 3 } as never };
    await expect(connectWebSocket('ws://127.0.0.1:9', { reconnect })).rejects.toThrow(
      'Cannot configure connectWebSocket(): reconnect.budget: expected a budget: an object with take(); or false, found an object',
    );
  });
});
