import { Deadline } from '@linkspan/concurrency';
import type { SessionChannel } from '@linkspan/websocket';
import { describe, expect, it } from 'vitest';
import { startServer } from '../start-server.ts';
import { collect, until } from '../until.ts';
import { connect, contextOf, request, within } from './call-scene.ts';
import { serve } from './socket-scene.ts';

describe('a call over a session', () => {
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

  it.each([
    ['attemptMs', { status: 'rejected', reason: { clock: 'attemptMs', limitMs: 300 } }],
    ['abort', { status: 'rejected', reason: 'enough' }],
    ['close', { status: 'rejected', reason: { kind: 'closed' } }],
  ] as const)('waits for the welcome until %s', async (how, outcome) => {
    const { url, sockets } = await startServer(() => {}, {
      handleProtocols: () => 'linkspan.session.v1',
    });
    const { transport, clock } = connect(url);
    const controller = new AbortController();
    const { signal } = controller;
    const attemptMs = how === 'attemptMs' ? 300 : Infinity;
    const call = Promise.allSettled([
      transport.send(request, contextOf(clock, { signal, attemptMs })),
    ]);
    await until(() => sockets.size === 1);
    if (how === 'abort') controller.abort('enough');
    else if (how === 'close') await transport.close();
    const [settled] = await within(clock, call);

    expect(settled).toMatchObject(outcome);
    await until(() => sockets.size === 0 && clock.pendingTimers === 0);
  });

  it.each([
    ['abort', { status: 'rejected', reason: 'enough' }],
    ['cancel', { status: 'fulfilled', value: { done: true } }],
    ['close', { status: 'rejected', reason: { kind: 'closed' } }],
  ] as const)('makes no other connection after %s while it waits for one', async (how, outcome) => {
    // The server ends at once what its client does not come back to.
    const { server, proxy } = await serve(() => new Promise(() => {}), { closeMs: 1 });
    const { transport, clock } = connect(proxy.url);
    const controller = new AbortController();
    const { signal } = controller;
    const { body } = await transport.send(request, contextOf(clock, { signal }));
    const reading = Promise.allSettled([body[Symbol.asyncIterator]().next()]);
    await until(() => clock.pendingTimers === 0);
    proxy.breakAll();
    await until(() => clock.pendingTimers === 1);
    if (how === 'abort') controller.abort('enough');
    else if (how === 'cancel') await body.cancel();
    else await transport.close();
    const [settled] = await reading;

    expect(settled).toMatchObject(outcome);
    await until(() => clock.pendingTimers === 0);
    await clock.advance(60_000);
    expect(server.upgrades).toHaveLength(1);
  });

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
