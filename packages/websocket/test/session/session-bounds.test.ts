import type { SessionChannel } from '@linkspan/websocket';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { turn, until } from '../until.ts';
import { open, serve } from './socket-scene.ts';

const KIB_64 = 64 * 1024;

describe('a session with a slow reader', () => {
  it('stops the sender at what may be unconfirmed, and brings everything when it is read', async () => {
    let accepted = 0;
    const { proxy, server } = await serve(async (session) => {
      for (let nth = 0; nth < 100; nth += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one message after another
        await session.send(new Uint8Array(KIB_64).fill(nth));
        accepted += 1;
      }
      await session.close();
    });
    const ws = await open(proxy.url);
    await until(() => accepted >= 16);
    // oxlint-disable-next-line no-await-in-loop -- time for more to be accepted, if it was to be
    for (let turns = 0; turns < 200; turns += 1) await turn();
    const [socket] = server.sockets;

    expect(accepted).toBe(16);
    expect(socket?.bufferedAmount).toBeLessThanOrEqual(17 * KIB_64);
    const first: number[] = [];
    for await (const message of ws) first.push((message as Uint8Array)[0] ?? -1);
    expect(first).toEqual(Array.from({ length: 100 }, (_each, nth) => nth));
  });

  it('keeps what one message is larger than, as the only one', async () => {
    const { proxy } = await serve(async (session) => {
      for await (const message of session) await session.send((message as Uint8Array).length);
    });
    const ws = await open(proxy.url, {
      session: { maxUnconfirmedBytes: 1_000, maxUnreadBytes: 1_000 },
    });
    await ws.send(new Uint8Array(5_000_000));

    expect((await ws[Symbol.asyncIterator]().next()).value).toBe(5_000_000);
  });
});

it('goes on when the client comes back before the server has noticed that it was gone', async () => {
  let session: SessionChannel | undefined;
  const { proxy, server, sessions } = await serve((each) => {
    session = each;
  });
  const ws = await open(proxy.url);
  await ws.send('one');
  proxy.abandonAll();
  await ws.send('two');
  await until(() => proxy.connections === 2 && ws.status === 'open');
  const heard: unknown[] = [];
  for await (const message of session!) {
    heard.push(message);
    if (heard.length === 2) break;
  }

  expect(heard).toEqual(['one', 'two']);
  expect(sessions.size).toBeLessThanOrEqual(1);
  await until(() => server.sockets.size <= 1);
});

it('brings everything once, whatever byte its connections break at', async () => {
  const budgets = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(budgets, async (bytes) => {
      const heard: unknown[] = [];
      const { proxy } = await serve(
        async (session) => {
          for await (const message of session) {
            heard.push(message);
            await session.send(message);
          }
        },
        { budgets: bytes },
      );
      const ws = await open(proxy.url, { messages: 'text' });
      const sent = Array.from({ length: 60 }, (_each, nth) => `${nth}: ${'ü'.repeat(nth % 40)}`);
      const sending = (async () => {
        // oxlint-disable-next-line no-await-in-loop -- one message after another
        for (const message of sent) await ws.send(message);
      })();
      const answers: unknown[] = [];
      for await (const message of ws) {
        answers.push(message);
        if (answers.length === sent.length) break;
      }
      await sending;

      expect(heard).toEqual(sent);
      expect(answers).toEqual(sent);
    }),
    { numRuns: 20 },
  );
});
