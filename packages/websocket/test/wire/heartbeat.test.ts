import { ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { connectWebSocket } from '@linkspan/websocket';
import { Heartbeat } from '../../src/wire/heartbeat.ts';
import { startServer } from '../start-server.ts';
import { turn, until } from '../until.ts';

function scene(facts: { readonly pingMs?: number; readonly pongMs?: number } = {}) {
  const { pingMs = 20_000, pongMs = 10_000 } = facts;
  const clock = new ManualClock();
  const told = { pings: [] as number[], dead: [] as number[], isPaused: false };
  const heartbeat = new Heartbeat(
    { pingMs, pongMs, clock },
    {
      ping: () => told.pings.push(clock.now()),
      isPaused: () => told.isPaused,
      onDead: (elapsedMs) => told.dead.push(elapsedMs),
    },
  );
  const advance = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    await turn();
  };
  return { heartbeat, clock, told, advance };
}

describe('Heartbeat', () => {
  it('finds a peer that is silent within two intervals', async () => {
    const { told, advance } = scene();
    await advance(20_000);
    await advance(9_999);
    expect(told.dead).toEqual([]);
    await advance(1);

    expect(told).toMatchObject({ pings: [20_000], dead: [10_000] });
  });

  it('goes on as long as anything comes, at its interval', async () => {
    const { heartbeat, told, advance } = scene();
    for (let round = 0; round < 5; round++) {
      // oxlint-disable-next-line no-await-in-loop -- one interval after another
      await advance(20_000 - (round === 0 ? 0 : 10_000));
      heartbeat.hasHeard = true;
      // oxlint-disable-next-line no-await-in-loop -- as above
      await advance(10_000);
    }

    expect(told.dead).toEqual([]);
    expect(told.pings).toEqual([20_000, 40_000, 60_000, 80_000, 100_000]);
  });

  it('concludes nothing while nothing is read', async () => {
    const { told, advance } = scene();
    told.isPaused = true;
    await advance(20_000);
    for (let round = 0; round < 10; round++) {
      // oxlint-disable-next-line no-await-in-loop -- one interval after another
      await advance(10_000);
    }
    expect(told.dead).toEqual([]);

    told.isPaused = false;
    await advance(10_000);
    expect(told.dead).toHaveLength(1);
  });

  it('leaves no timer when it is stopped, and has none when it is off', async () => {
    const { heartbeat, clock, advance } = scene();
    await advance(20_000);
    expect(clock.pendingTimers).toBe(1);
    heartbeat.stop();
    expect(clock.pendingTimers).toBe(0);

    expect(scene({ pingMs: Infinity }).clock.pendingTimers).toBe(0);
  });
});

describe('a client whose reader is slow', () => {
  it('is not taken for dead, and reads on when it comes back', async () => {
    const { url } = await startServer((socket) => {
      for (let count = 0; count < 2_000; count++) socket.send(`message ${count}`);
    });
    const clock = new ManualClock();
    const ws = await connectWebSocket(url, { clock });
    const messages = ws[Symbol.asyncIterator]();
    await messages.next();
    for (let round = 0; round < 20; round++) {
      // oxlint-disable-next-line no-await-in-loop -- one interval after another
      await clock.advance(10_000);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await turn();
    }
    expect(ws.status).toBe('open');

    for (let count = 1; count < 2_000; count++) {
      // oxlint-disable-next-line no-await-in-loop -- one message after another
      expect((await messages.next()).value).toBe(`message ${count}`);
    }
    await ws.close();
  });

  it('answers the pings of its peer', async () => {
    let pongs = 0;
    const { url } = await startServer((socket) => {
      socket.on('pong', () => {
        pongs += 1;
      });
      socket.ping('hello');
    });
    await using ws = await connectWebSocket(url);
    await until(() => pongs === 1);
    expect(ws.status).toBe('open');
  });
});
