import { ManualClock } from '@linkspan/concurrency';
import { AuthenticationError, StatusError } from '@linkspan/core';
import { connectWebSocket, type WebSocketStatus } from '@linkspan/websocket';
import { describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { startServer } from '../start-server.ts';
import { advanceUntil, collect, until } from '../until.ts';

/** Waits for nothing between attempts. */
const atOnce = { baseDelayMs: 0, maxDelayMs: 0 };
/** A clock that is turned fast must not outrun the connections that are made. */
const unhurried = { connectMs: Infinity, handshakeMs: Infinity, pingMs: Infinity };

describe('reconnect', () => {
  it.each([1001, 1011, 1012, 1013])(
    'connects again after %i, and goes on in the same loop',
    async (code) => {
      const { url, upgrades } = await startServer((socket, _request, count) => {
        socket.send(`from ${count}`);
        socket.close(count === 1 ? code : 1000);
      });
      const ws = await connectWebSocket(url, { reconnect: atOnce });

      expect(await collect(ws)).toEqual(['from 1', 'from 2']);
      expect(upgrades).toHaveLength(2);
      expect(await ws.closed).toMatchObject({ by: 'peer', code: 1000 });
    },
  );

  it('connects again after a close without a code, and after a connection that broke', async () => {
    const { url } = await startServer((socket, _request, count) => {
      socket.send(`from ${count}`, () => {
        if (count === 1) socket.close();
        else if (count === 2) socket.terminate();
        else socket.close(1000);
      });
    });
    const ws = await connectWebSocket(url, { reconnect: atOnce });

    expect(await collect(ws)).toEqual(['from 1', 'from 2', 'from 3']);
  });

  it('row 63: connects again when a peer does not answer a ping', async () => {
    const { url, upgrades } = await startServer(() => {}, { autoPong: false });
    const clock = new ManualClock();
    const ws = await connectWebSocket(url, { clock, reconnect: atOnce });
    await clock.advance(20_000);
    await clock.advance(10_000);
    await advanceUntil(clock, 0, () => upgrades.length >= 2 && ws.status === 'open');
    await ws.close();

    expect(clock.now()).toBe(30_000);
  });

  it.each([1002, 1003, 1007, 1008, 1009, 4001, 4400, 4499])('does not after %i', async (code) => {
    const { url, upgrades } = await startServer((socket) => socket.close(code, 'no'));
    const ws = await connectWebSocket(url, { reconnect: atOnce });

    await expect(collect(ws)).rejects.toMatchObject({ attempts: 1 });
    expect(await ws.closed).toMatchObject({ by: 'failure', code, reason: 'no' });
    expect(upgrades).toHaveLength(1);
  });

  it('obeys the table of the caller over its own', async () => {
    const { url, upgrades } = await startServer((socket, _request, count) => {
      socket.close(count === 1 ? 4429 : 1012);
    });
    const codes = { 4429: true, 1012: false };
    const ws = await connectWebSocket(url, { reconnect: { ...atOnce, codes } });

    await expect(collect(ws)).rejects.toMatchObject({ code: 'ws_going_away' });
    expect(upgrades).toHaveLength(2);
  });

  it('tells its status, and every wait before it', async () => {
    const statuses: WebSocketStatus[] = [];
    const waits: number[] = [];
    const { url } = await startServer((socket, _request, count) => {
      if (count < 3) socket.terminate();
    });
    const clock = new ManualClock();
    const ws = await connectWebSocket(url, {
      ...unhurried,
      clock,
      random: () => 0.5,
      reconnect: { onRetry: ({ waitMs, attempt }) => waits.push(waitMs, attempt) },
      onStatus: (status) => statuses.push(status),
    });
    await advanceUntil(
      clock,
      100,
      () => statuses.filter((status) => status === 'open').length === 3,
    );
    await ws.close();

    expect(waits).toEqual([2_500, 1, 5_000, 2]);
    expect(statuses).toEqual([
      'open',
      'reconnecting',
      'open',
      'reconnecting',
      'open',
      'closing',
      'closed',
    ]);
  });

  it('counts attempts anew only after a connection that lasted', async () => {
    let server: WebSocket | undefined;
    const attempts: number[] = [];
    const { url } = await startServer((socket) => {
      server = socket;
    });
    const clock = new ManualClock();
    const ws = await connectWebSocket(url, {
      clock,
      pingMs: Infinity,
      random: () => 0,
      reconnect: { resetAfterMs: 10_000, onRetry: ({ attempt }) => attempts.push(attempt) },
    });
    for (const uptimeMs of [9_999, 9_999, 10_000, 0]) {
      // oxlint-disable-next-line no-await-in-loop -- one connection after another
      await clock.advance(uptimeMs);
      server?.terminate();
      server = undefined;
      // oxlint-disable-next-line no-await-in-loop -- as above
      await advanceUntil(clock, 0, () => server !== undefined && ws.status === 'open');
    }
    await ws.close();

    expect(attempts).toEqual([1, 2, 1, 2]);
  });

  it('gives up after maxAttempts with what the last one failed with', async () => {
    const { url, close } = await startServer((socket) => socket.send('first'));
    const ws = await connectWebSocket(url, { reconnect: { ...atOnce, maxAttempts: 3 } });
    const messages = ws[Symbol.asyncIterator]();
    await messages.next();
    await close();

    await expect(messages.next()).rejects.toMatchObject({
      code: 'connection_refused',
      attempts: 3,
    });
    expect(await ws.closed).toMatchObject({ by: 'failure' });
  });

  it('does not wait beyond its deadline', async () => {
    const { url } = await startServer((socket) => socket.terminate());
    const ws = await connectWebSocket(url, {
      totalMs: 300,
      random: () => 0.99,
      reconnect: true,
    });

    await expect(collect(ws)).rejects.toMatchObject({ code: 'ws_abnormal' });
  });

  it.each([401, 403, 404])('ends when the upgrade is answered with %i', async (status) => {
    const { url, upgrades } = await startServer((socket) => socket.terminate(), {
      verifyClient: (_info, answer) => answer(upgrades.length === 0, status, 'no'),
    });
    const ws = await connectWebSocket(url, { reconnect: atOnce });

    await expect(collect(ws)).rejects.toMatchObject({ status, retryable: 'no' });
  });

  it.each([429, 503])('waits as long as a %i asks for', async (status) => {
    let asked = 0;
    const { url } = await startServer(() => {}, {
      verifyClient: (_info, answer) => {
        asked += 1;
        answer(asked === 3, status, 'later', { 'retry-after-ms': '1500' });
      },
    });
    const waits: number[] = [];
    const clock = new ManualClock();
    const connecting = connectWebSocket(url, {
      ...unhurried,
      clock,
      reconnect: { onRetry: ({ waitMs }) => waits.push(waitMs) },
    });
    await advanceUntil(clock, 500, () => asked === 3);
    const ws = await connecting;
    await ws.close();

    expect(waits).toEqual([1_500, 1_500]);
  });

  it('fails at once when it is asked to wait beyond the deadline', async () => {
    const { url } = await startServer(() => {}, {
      verifyClient: (_info, answer) => answer(false, 503, 'later', { 'retry-after': '60' }),
    });
    const error: StatusError = await connectWebSocket(url, {
      totalMs: 30_000,
      reconnect: true,
    }).catch((thrown) => thrown);

    expect(error).toBeInstanceOf(StatusError);
    expect(error.retryAfterMs).toBe(60_000);
  });

  it('does not try again without reconnect', async () => {
    let asked = 0;
    const { url } = await startServer(() => {}, {
      verifyClient: (_info, answer) => {
        asked += 1;
        answer(false, 503, 'later');
      },
    });

    await expect(connectWebSocket(url)).rejects.toMatchObject({ status: 503 });
    expect(asked).toBe(1);
  });

  it('refreshes credentials that are refused, once', async () => {
    const { url } = await startServer((socket) => socket.send('in'), {
      verifyClient: ({ req }, answer) =>
        answer(req.headers.authorization === 'Bearer new', 401, 'stale'),
    });
    const refresh = vi.fn<() => string>(() => 'new');
    const ws = await connectWebSocket(url, { auth: { bearer: 'old', refresh } });
    expect((await ws[Symbol.asyncIterator]().next()).value).toBe('in');
    await ws.close();
    expect(refresh).toHaveBeenCalledTimes(1);

    const refused = connectWebSocket(url, { auth: { bearer: 'old', refresh: () => 'older' } });
    await expect(refused).rejects.toBeInstanceOf(AuthenticationError);
  });

  it('asks for the address before every attempt', async () => {
    const second = await startServer((socket) => socket.close(1000, 'second'));
    const first = await startServer((socket) => socket.terminate());
    const urls = [first.url, second.url];
    const ws = await connectWebSocket(async () => urls.shift()!, { reconnect: atOnce });

    expect(await collect(ws)).toEqual([]);
    expect(await ws.closed).toMatchObject({ reason: 'second' });
  });

  it('ends the wait when it is closed, or aborted', async () => {
    for (const how of ['close', 'abort'] as const) {
      const controller = new AbortController();
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const { url } = await startServer((socket) => socket.terminate());
      // oxlint-disable-next-line no-await-in-loop -- as above
      const ws = await connectWebSocket(url, {
        signal: controller.signal,
        reconnect: { baseDelayMs: 60_000, maxDelayMs: 60_000 },
        random: () => 0.9,
      });
      // oxlint-disable-next-line no-await-in-loop -- as above
      await until(() => ws.status === 'reconnecting');
      if (how === 'abort') controller.abort('enough');
      // oxlint-disable-next-line no-await-in-loop -- as above
      else await ws.close();

      // oxlint-disable-next-line no-await-in-loop -- as above
      expect(await ws.closed).toMatchObject(
        how === 'abort' ? { by: 'failure', error: 'enough' } : { by: 'caller' },
      );
    }
  });
});
