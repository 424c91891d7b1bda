import { Deadline, ManualClock } from '@linkspan/concurrency';
import { type CallContext, createClient, type Client } from '@linkspan/core';
import {
  closeFrameOf,
  type SessionChannel,
  SessionLostError,
  webSocketTransport,
  type WebSocketTransportOptions,
  type WireMessage,
} from '@linkspan/websocket';
import { describe, expect, it, onTestFinished } from 'vitest';
import { echo, startServer } from '../start-server.ts';
import { advanceUntil, collect, until } from '../until.ts';
import { serve } from './socket-scene.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_each, nth) => nth);
const request = { operation: 'OPEN', target: '/talk' } as const;

/** Clocks that no wait of these tests is for. */
const patient = {
  session: true,
  connectMs: Infinity,
  handshakeMs: Infinity,
  pingMs: Infinity,
  closeMs: 600_000,
} as const;

/** A client over a transport whose calls are sessions, on a clock that stands still. */
function connect(baseUrl: string, options: WebSocketTransportOptions = {}) {
  const clock = new ManualClock();
  const transport = webSocketTransport({ baseUrl, ...patient, clock, ...options });
  const client: Client<unknown, WireMessage> = createClient({
    transport,
    ownTransport: true,
    clock,
    retry: false,
    env: {},
  } as never);
  onTestFinished(() => client.close());
  return { clock, transport, client };
}

/** Waits for something, and turns the hands of the clock meanwhile: connections are made again. */
async function within<Value>(clock: ManualClock, work: Promise<Value>): Promise<Value> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  work.then(over, over);
  await advanceUntil(clock, 10, () => isOver);
  return await work;
}

function contextOf(clock: ManualClock, facts: Partial<CallContext> = {}): CallContext {
  return {
    signal: undefined,
    deadline: Deadline.after(Infinity, clock),
    attempt: 1,
    streaming: true,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: () => true,
    ...facts,
  };
}

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
    const headers = { 'x-room': '7', 'sec-websocket-protocol': 'chat' };
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

  it('leaves a payload that is silent when the server has ended the session', async () => {
    const { server } = await serve((session) => session.close(1000, 'done'));
    const { transport, clock } = connect(server.url);
    let isLeft = false;
    const stream: AsyncIterable<unknown> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          isLeft = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const payload = { kind: 'stream', stream } as const;
    const { body } = await transport.send({ ...request, payload }, contextOf(clock));
    await until(() => isLeft);

    expect(await body[Symbol.asyncIterator]().next()).toEqual({
      done: true,
      value: { code: 1000, reason: 'done' },
    });
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

  it('rejects the call when the server takes no new session, and leaves nothing', async () => {
    const { server } = await serve(() => new Promise(() => {}), { maxSessions: 1 });
    const { transport, clock } = connect(server.url);
    const { body } = await transport.send(request, contextOf(clock));

    await expect(transport.send(request, contextOf(clock))).rejects.toMatchObject({
      code: 'ws_try_later',
      retryable: 'if-idempotent',
    });
    await body.cancel();
    await until(() => server.sockets.size === 0);
  });

  it.each(['attemptMs', 'abort', 'close'] as const)(
    'waits for the welcome until %s',
    async (how) => {
      const { url, sockets } = await startServer(() => {}, {
        handleProtocols: () => 'linkspan.session.v1',
      });
      const { transport, clock } = connect(url);
      const controller = new AbortController();
      const call = transport.send(
        request,
        contextOf(clock, {
          signal: controller.signal,
          ...(how === 'attemptMs' && { attemptMs: 300 }),
        }),
      );
      call.catch(() => {});
      await until(() => sockets.size === 1);
      if (how === 'attemptMs')
        await within(
          clock,
          call.catch(() => {}),
        );
      else if (how === 'abort') controller.abort('enough');
      else await transport.close();

      if (how === 'abort') await expect(call).rejects.toBe('enough');
      else if (how === 'close') await expect(call).rejects.toMatchObject({ kind: 'closed' });
      else await expect(call).rejects.toMatchObject({ clock: 'attemptMs', limitMs: 300 });
      await until(() => sockets.size === 0 && clock.pendingTimers === 0);
    },
  );

  it.each(['abort', 'cancel', 'close'] as const)(
    'makes no other connection after %s while it waits for one',
    async (how) => {
      // The server ends at once what its client does not come back to.
      const { server, proxy } = await serve(() => new Promise(() => {}), { closeMs: 1 });
      const { transport, clock } = connect(proxy.url);
      const controller = new AbortController();
      const { body } = await transport.send(
        request,
        contextOf(clock, { signal: controller.signal }),
      );
      const reading = body[Symbol.asyncIterator]().next();
      reading.catch(() => {});
      await until(() => clock.pendingTimers === 0);
      proxy.breakAll();
      await until(() => clock.pendingTimers === 1);
      if (how === 'abort') controller.abort('enough');
      else if (how === 'cancel') await body.cancel();
      else await transport.close();

      if (how === 'abort') await expect(reading).rejects.toBe('enough');
      else if (how === 'cancel') expect(await reading).toMatchObject({ done: true });
      else await expect(reading).rejects.toMatchObject({ kind: 'closed' });
      await until(() => clock.pendingTimers === 0);
      await clock.advance(60_000);
      expect(server.upgrades).toHaveLength(1);
    },
  );

  it('goes on with a session while the transport is drained', async () => {
    let served: SessionChannel | undefined;
    const { proxy } = await serve(async (session) => {
      served = session;
      await session.closed;
    });
    const { transport, clock } = connect(proxy.url);
    const { body } = await transport.send(request, contextOf(clock));
    const reading = collect(body);
    const closing = transport.close({ drainMs: 600_000 });
    proxy.breakAll();
    await until(() => served !== undefined);
    await served?.send('behind the break');
    void served?.close();

    expect(await within(clock, reading)).toEqual(['behind the break']);
    await within(clock, closing);
    await until(() => clock.pendingTimers === 0);
  });

  it('does not wait for another connection beyond its deadline', async () => {
    const { proxy } = await serve(() => new Promise(() => {}), { closeMs: 1 });
    const { transport, clock } = connect(proxy.url);
    const deadline = Deadline.after(1e-9, clock);
    const { body } = await transport.send(request, contextOf(clock, { deadline }));
    const reading = collect(body);
    proxy.breakAll();

    await expect(reading).rejects.toMatchObject({ code: 'ws_session_lost', sent: 'yes' });
    await until(() => clock.pendingTimers === 0);
  });

  it('says farewell when its body is left: the server has what was sent, and a clean end', async () => {
    const heard: unknown[] = [];
    let ended: unknown;
    const { server, sessions } = await serve(async (session) => {
      for await (const message of session) heard.push(message);
      ended = await session.closed;
    });
    const { transport, clock } = connect(server.url);
    const payload = { kind: 'value', value: 'last words' } as const;
    const { body } = await transport.send({ ...request, payload }, contextOf(clock));
    await body.cancel();
    await until(() => sessions.size === 0 && ended !== undefined);

    expect(heard).toEqual(['last words']);
    expect(ended).toMatchObject({ by: 'peer', code: 1000 });
    await until(() => clock.pendingTimers === 0);
  });

  it('tells the server that a payload broke off, rather than that it has ended', async () => {
    const closed: unknown[] = [];
    const { server } = await serve(async (session) => {
      closed.push(await session.closed);
    });
    const { transport, clock } = connect(server.url);
    const payload = {
      kind: 'stream',
      stream: (async function* () {
        yield 'a';
        throw new Error('Disk gone');
      })(),
    } as const;
    const { body } = await transport.send({ ...request, payload }, contextOf(clock));

    await expect(collect(body)).rejects.toMatchObject({ code: 'body_source' });
    await until(() => closed.length === 1);
    expect(closed[0]).toMatchObject({ by: 'failure', error: { code: 'ws_session_lost' } });
  });
});
