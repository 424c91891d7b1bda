import { ManualClock } from '@linkspan/concurrency';
import {
  closeFrameOf,
  type SessionChannel,
  SessionLostError,
  type WireMessage,
} from '@linkspan/websocket';
import { describe, expect, it } from 'vitest';
import { echo, startServer } from '../start-server.ts';
import { collect, until } from '../until.ts';
import { connect, contextOf, request, within } from './call-scene.ts';
import { serve } from './socket-scene.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_each, nth) => nth);

describe('webSocketTransport() with sessions', () => {
  it('brings 400 messages each way over four dropped connections 400 times 1', async () => {
    const heard: number[] = [];
    const { proxy, sessions } = await serve(
      async (session) => {
        for await (const message of session) {
          heard.push(JSON.parse(String(message)) as number);
          await session.send(message);
        }
      },
      { budgets: [3_500, 4_901, 4_203, 3_707] },
    );
    const { client, clock } = connect(proxy.url);
    const channel = await client.open(request);
    const answers: number[] = [];
    const talk = async (): Promise<void> => {
      for (const nth of numbers(400)) await channel.send(nth);
      for await (const message of channel) {
        answers.push(JSON.parse(String(message)) as number);
        if (answers.length === 400) break;
      }
    };
    await within(clock, talk());

    expect(heard).toEqual(numbers(400));
    expect(answers).toEqual(numbers(400));
    expect(proxy.broken).toBe(4);
    await until(() => sessions.size === 0);
    await client.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('offers a session with the subprotocols and headers of the request, on every connection', async () => {
    const { server, proxy, sessions } = await serve(
      async (session) => {
        for await (const message of session) await session.send(message);
      },
      { subprotocols: ['chat'] },
    );
    const { client, clock } = connect(proxy.url, { auth: { bearer: 'key' } });
    const headers = { 'X-Room': '7', 'Sec-WebSocket-Protocol': 'chat' };
    const channel = await client.open({ ...request, headers });
    const messages = channel[Symbol.asyncIterator]();
    await channel.send('before');
    expect((await messages.next()).value).toBe('before');
    proxy.breakAll();
    await channel.send('behind');
    expect((await within(clock, messages.next())).value).toBe('behind');

    expect(server.upgrades).toHaveLength(2);
    for (const upgrade of server.upgrades) {
      expect(upgrade.url).toBe('/talk');
      expect(upgrade.headers).toMatchObject({
        'x-room': '7',
        authorization: 'Bearer key',
        'sec-websocket-protocol': 'linkspan.session.v1+chat',
      });
    }
    expect(sessions.size).toBe(1);
  });

  it('fails the body of a session that is gone, and tells what was not confirmed as it was given', async () => {
    let served: SessionChannel | undefined;
    const heard: unknown[] = [];
    // Its clock stands still, too: it acknowledges nothing.
    const serverClock = new ManualClock();
    const { proxy, sessions } = await serve(
      async (session) => {
        served = session;
        for await (const message of session) heard.push(message);
      },
      { clock: serverClock, graceMs: 60_000, onError: () => {} },
    );
    const { client, clock } = connect(proxy.url);
    const channel = await client.open(request);
    const given = { hello: 'world' };
    const reading = collect(channel);
    reading.catch(() => {});
    await channel.send(given);
    await until(() => heard.length === 1);
    proxy.breakAll();
    await until(() => served?.isConnected === false);
    await serverClock.advance(60_000);
    expect(sessions.size).toBe(0);
    const error: SessionLostError = await within(
      clock,
      reading.catch((thrown) => thrown),
    );

    expect(error).toBeInstanceOf(SessionLostError);
    expect(error).toMatchObject({ code: 'ws_session_lost', sent: 'maybe' });
    expect(error.unconfirmed[0]).toBe(given);
  });

  it('fails the body when the server has ended the session for a reason of its own', async () => {
    const { server } = await serve(
      async (session) => {
        await session.send('before');
        throw new Error('Disk gone');
      },
      { onError: () => {} },
    );
    const { transport, clock } = connect(server.url);
    const { body } = await transport.send(request, contextOf(clock));
    const seen: WireMessage[] = [];
    const reading = (async () => {
      for await (const message of body) seen.push(message);
    })();
    const error: unknown = await reading.catch((thrown) => thrown);

    expect(seen).toEqual(['before']);
    expect(error).toMatchObject({ code: 'ws_server' });
    expect(closeFrameOf(error)).toMatchObject({ code: 1011 });
  });

  it('tells a server that knows of no sessions apart, or goes on without one', async () => {
    const { url } = await startServer(echo, { handleProtocols: () => false });
    const strict = connect(url);
    await expect(strict.client.open(request)).rejects.toMatchObject({
      code: 'ws_session_unsupported',
    });

    const { client } = connect(url, { session: { orPlain: true } });
    const channel = await client.open(request);
    await channel.send('plain');
    expect((await channel[Symbol.asyncIterator]().next()).value).toBe('plain');
  });
});
