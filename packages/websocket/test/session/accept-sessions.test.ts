import {
  acceptSessions,
  connectWebSocket,
  rpc,
  type SessionChannel,
  SessionLostError,
} from '@linkspan/websocket';
import { ConfigurationError, ProtocolError } from '@linkspan/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { echo, startServer } from '../start-server.ts';
import { collect, until } from '../until.ts';
import { open, serve } from './socket-scene.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_each, nth) => nth);
const budgets = [1_500, 1_901, 2_203, 1_707];

describe('a session over connections that break', () => {
  it('brings 400 messages over four dropped connections 400 times 1, from the client', async () => {
    const heard: number[] = [];
    const { proxy, sessions } = await serve(
      async (session) => {
        for await (const message of session) heard.push(JSON.parse(String(message)) as number);
      },
      { budgets },
    );
    const ws = await open(proxy.url);
    for (const nth of numbers(400)) await ws.send(nth);
    await ws.close();

    expect(heard).toEqual(numbers(400));
    expect(proxy.broken).toBe(4);
    expect(await ws.closed).toEqual({
      by: 'caller',
      code: 1000,
      reason: '',
      unconfirmed: [],
      unsent: [],
    });
    expect(sessions.size).toBe(0);
  });

  it('brings 400 messages over four dropped connections 400 times 1, from the server', async () => {
    const { proxy } = await serve(
      async (session) => {
        for (const nth of numbers(400)) await session.send(nth);
        await session.close(4000, 'that is all');
      },
      { budgets },
    );
    const ws = await open(proxy.url);

    expect(await collect(ws)).toEqual(numbers(400));
    expect(proxy.broken).toBe(4);
    expect(await ws.closed).toMatchObject({ by: 'peer', code: 4000, reason: 'that is all' });
  });

  it('brings 400 messages each way at once over four dropped connections, text and bytes', async () => {
    const heard: unknown[] = [];
    const { proxy } = await serve(
      async (session) => {
        const sending = (async () => {
          for (const nth of numbers(400)) {
            await session.send(nth % 2 === 0 ? `s${nth}` : new Uint8Array([nth >> 8, nth & 255]));
          }
        })();
        for await (const message of session) heard.push(message);
        await sending;
      },
      { budgets: budgets.map((bytes) => 2 * bytes) },
    );
    const statuses: string[] = [];
    const ws = await open(proxy.url, {
      messages: 'text',
      onStatus: (status) => statuses.push(status),
    });
    const sending = (async () => {
      for (const nth of numbers(400)) await ws.send({ nth });
    })();
    const messages: unknown[] = [];
    for await (const message of ws) {
      messages.push(typeof message === 'string' ? message : [...(message as Uint8Array)]);
      if (messages.length === 400) break;
    }
    await sending;
    await ws.close();

    expect(messages).toEqual(
      numbers(400).map((nth) => (nth % 2 === 0 ? `s${nth}` : [nth >> 8, nth & 255])),
    );
    expect(heard).toEqual(numbers(400).map((nth) => JSON.stringify({ nth })));
    expect(proxy.broken).toBe(4);
    expect(new Set(statuses)).toEqual(new Set(['open', 'reconnecting', 'closing', 'closed']));
  });
});

describe('a session that cannot go on', () => {
  it('is told to the client when the server has lost it, with what was not delivered', async () => {
    const { sessions, proxy, server } = await serve(
      async (session) => {
        for await (const message of session) if (message === '"stop"') break;
      },
      { onError: () => {}, closeMs: 20 },
    );
    const ws = await open(proxy.url);
    await until(() => sessions.size === 1);
    // The process of the server is another one now, on the same address.
    await server.close();
    const other = acceptSessions(() => {});
    const { port } = new URL(server.url);
    await startServer(other.handleConnection, {
      handleProtocols: other.handleProtocols,
      port: Number(port),
    });
    const given = { order: 7 };
    await ws.send(given);
    const reading = collect(ws);

    await expect(reading).rejects.toBeInstanceOf(SessionLostError);
    const { by, error, unconfirmed, unsent } = await ws.closed;
    expect(by).toBe('failure');
    expect([...unconfirmed, ...unsent]).toEqual([given]);
    expect((error as SessionLostError).unconfirmedCount).toBe(unconfirmed.length);
    await expect(ws.send('late')).rejects.toMatchObject({ code: 'closed', cause: error });
  });

  it('is told to the server when its client does not come back', async () => {
    const failures: unknown[] = [];
    let served: SessionChannel | undefined;
    const { sessions, proxy } = await serve(
      async (session) => {
        served = session;
        await session.send({ last: 'word' });
        await session.closed;
        await collect(session);
      },
      { graceMs: 1, onError: (error) => failures.push(error) },
    );
    const ws = await open(proxy.url, { reconnect: { maxAttempts: 0 } });
    await until(() => served !== undefined);
    proxy.breakAll();

    expect(await ws.closed).toMatchObject({ by: 'failure' });
    await until(() => failures.length === 1);
    expect(failures[0]).toBeInstanceOf(SessionLostError);
    expect((failures[0] as SessionLostError).unconfirmed).toEqual([{ last: 'word' }]);
    expect(sessions.size).toBe(0);
  });

  it('ends at once when the signal of the client aborts', async () => {
    const { proxy, sessions } = await serve(() => {});
    const controller = new AbortController();
    const ws = await open(proxy.url, { signal: controller.signal });
    const reading = collect(ws);
    controller.abort('enough');

    await expect(reading).rejects.toBe('enough');
    expect(await ws.closed).toMatchObject({ by: 'failure', error: 'enough' });
    await until(() => sessions.size === 0);
  });
});

describe('a server or a client without sessions', () => {
  it('is told to a client that wants one', async () => {
    const plain = await startServer(echo, { handleProtocols: () => false });

    const refused = connectWebSocket(plain.url, { session: true });
    await expect(refused).rejects.toBeInstanceOf(ProtocolError);
    await expect(refused).rejects.toThrow(
      'Cannot open a session: the peer does not agree to the subprotocol linkspan.session.v1',
    );
    await until(() => plain.sockets.size === 0);
  });

  it.each([[[]], [['chat']]])(
    'goes on plainly with subprotocols %j where that will do',
    async (subprotocols) => {
      const plain = await startServer(echo, {
        handleProtocols: (offered) => (offered.has('chat') ? 'chat' : false),
      });
      const statuses: string[] = [];
      const ws = await open(plain.url, {
        subprotocols,
        session: { orPlain: true },
        onStatus: (status) => statuses.push(status),
      });
      await ws.send({ a: 1 });

      for await (const message of ws) {
        expect(message).toEqual({ a: 1 });
        break;
      }
      expect(ws.protocol).toBe(subprotocols[0] ?? '');
      await ws.closed;
      expect(statuses).toEqual(['open', 'closing', 'closed']);
    },
  );

  it('is closed with 1002, or served plainly where the server says how', async () => {
    const strict = await serve(() => {});
    const ws = await connectWebSocket(strict.server.url);
    await expect(collect(ws)).rejects.toThrow('expected the subprotocol linkspan.session.v1');

    const lenient = await serve(() => {}, { plain: echo });
    const plain = await connectWebSocket(lenient.server.url);
    onTestFinished(() => plain.close());
    await plain.send('hello');
    expect((await plain[Symbol.asyncIterator]().next()).value).toBe('hello');
  });
});

describe('acceptSessions()', () => {
  it('agrees to a subprotocol of the application beside the session', async () => {
    const seen: string[] = [];
    const { proxy } = await serve(
      ({ subprotocol, request, isConnected }) =>
        seen.push(`${subprotocol} ${String(request.headers['x-who'])} ${String(isConnected)}`),
      { subprotocols: ['chat.v2'] },
    );
    const ws = await open(proxy.url, {
      subprotocols: ['chat.v3', 'chat.v2'],
      headers: { 'x-who': 'me' },
    });

    expect(ws.protocol).toBe('chat.v2');
    expect(seen).toEqual(['chat.v2 me true']);
  });

  it('closes a session with 1011 whose handler throws, and tells of it', async () => {
    const errors: unknown[] = [];
    const boom = new Error('boom');
    const { proxy } = await serve(() => Promise.reject(boom), {
      onError: (error) => errors.push(error),
    });
    const ws = await open(proxy.url);

    expect(await ws.closed).toMatchObject({ by: 'peer', code: 1011, reason: 'the server failed' });
    expect(errors).toEqual([boom]);
  });

  it('lets nobody in whom it cannot identify, and tells', async () => {
    const errors: unknown[] = [];
    const { proxy, sessions } = await serve(() => {}, {
      identify: ({ headers }) => {
        if (headers['x-who'] === undefined) throw new Error('nobody');
        return String(headers['x-who']);
      },
      onError: (error) => errors.push(error),
    });
    const nobody = open(proxy.url, { reconnect: { maxAttempts: 0 } });
    await expect(nobody).rejects.toMatchObject({ code: 'ws_server' });
    const ws = await open(proxy.url, { headers: { 'x-who': 'me' } });

    expect(ws.status).toBe('open');
    expect(errors).toEqual([new Error('nobody')]);
    expect(sessions.size).toBe(1);
  });

  it('says goodbye to every client when it closes', async () => {
    const { proxy, sessions, server } = await serve(() => {});
    const clients = await Promise.all([open(proxy.url), open(proxy.url)]);
    await sessions.close();

    for (const ws of clients) {
      // oxlint-disable-next-line no-await-in-loop -- one client after another
      expect(await ws.closed).toMatchObject({ by: 'peer', code: 1001 });
    }
    await until(() => server.sockets.size === 0);
  });

  it('says which option is wrong', () => {
    const accept = (): unknown => acceptSessions(() => {}, { graceMs: -1, maxSessions: 0 });
    expect(accept).toThrow(ConfigurationError);
    expect(accept).toThrow(/graceMs: expected .*\n.*maxSessions: expected /);
  });
});

it('carries JSON-RPC over connections that break, with no request lost', async () => {
  const { proxy } = await serve(
    (session) => void rpc(session, { methods: { double: ([value]: [number]) => 2 * value } }),
    { budgets },
  );
  const ws = await open(proxy.url);
  const peer = rpc<{ double(params: [number]): number }>(ws);
  const results = await Promise.all(numbers(100).map((nth) => peer.request('double', [nth])));
  await peer.close();

  expect(results).toEqual(numbers(100).map((nth) => 2 * nth));
  expect(proxy.broken).toBe(4);
});
