import { getEventListeners } from 'node:events';
import { ClosedError, ConnectionResetError, TimeoutError } from '@linkspan/core';
import { rpc } from '@linkspan/core/rpc';
import { describe, expect, it } from 'vitest';
import { callingScene, sentBy, settle } from './calling-scene.ts';
import { failure } from './channel-pair.ts';

describe('a request that is given up', () => {
  it('rejects with the reason of its signal, tells the peer, and drops the late answer', async () => {
    const { peer, near, far, strays, clock } = callingScene();
    const controller = new AbortController();
    const result = failure(peer.request('slow', [], { signal: controller.signal }));
    await settle();
    controller.abort('enough');

    expect(await result).toBe('enough');
    await settle();
    expect(sentBy(near)[1]).toEqual({
      jsonrpc: '2.0',
      method: '$/cancelRequest',
      params: { id: 1 },
    });
    await far.send('{"jsonrpc":"2.0","id":1,"result":"late"}');
    await settle();
    expect(strays).toEqual([{ reason: 'settled-id', id: 1 }]);
    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('tells the peer in the form of its protocol', async () => {
    const { peer, near } = callingScene({ cancellation: 'notifications/cancelled' });
    const controller = new AbortController();
    const result = failure(peer.request('slow', [], { signal: controller.signal }));
    await settle();
    controller.abort();
    await result;
    await settle();

    expect(sentBy(near)[1]).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 1 },
    });
  });

  it('tells the peer nothing where the protocol has no word for it', async () => {
    const { peer, near } = callingScene({ cancellation: false });
    const controller = new AbortController();
    const result = failure(peer.request('slow', [], { signal: controller.signal }));
    await settle();
    controller.abort();
    await result;
    await settle();

    expect(near.sent).toHaveLength(1);
  });

  it('is not sent when it was aborted before, or while it waited', async () => {
    const { peer, near, far } = callingScene({ maxInFlight: 1 });
    expect(await failure(peer.request('a', [], { signal: AbortSignal.abort('no') }))).toBe('no');
    const first = peer.request('first');
    const controller = new AbortController();
    const waiting = failure(peer.request('b', [], { signal: controller.signal }));
    await settle();
    controller.abort('left');

    expect(await waiting).toBe('left');
    await far.send('{"jsonrpc":"2.0","id":1,"result":1}');
    await first;
    await settle();
    expect(sentBy(near)).toEqual([{ jsonrpc: '2.0', id: 1, method: 'first' }]);
  });

  it('is taken back while the channel has not accepted it', async () => {
    const { peer, near } = callingScene();
    near.accepts = false;
    const controller = new AbortController();
    const waiting = failure(peer.request('b', [], { signal: controller.signal }));
    await settle();
    controller.abort('left');

    expect(await waiting).toBe('left');
    near.accept();
    await settle();
    expect(near.sent).toEqual([]);
  });

  it('times out after totalMs, tells the peer, and says where it was', async () => {
    const { peer, near, clock } = callingScene({ maxInFlight: 1, totalMs: 1_000 });
    const sent = failure(peer.request('a', [], { totalMs: 500 }));
    const queued = failure(peer.request('b', [], { totalMs: 400 }));
    await clock.advance(499);
    expect(await queued).toMatchObject({ phase: 'queue', sent: 'no', clock: 'totalMs' });
    await clock.advance(1);

    const error = await sent;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ phase: 'headers', sent: 'maybe', limitMs: 500 });
    expect(error.message).toBe('Cannot call "a": no answer came within 500 ms (totalMs)');
    await settle();
    expect(sentBy(near)[1]).toMatchObject({ method: '$/cancelRequest', params: { id: 1 } });
    const byDefault = failure(peer.request('c'));
    await clock.advance(1_000);
    expect(await byDefault).toBeInstanceOf(TimeoutError);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('when the channel ends', () => {
  it('fails every request, and says whether it may have been sent', async () => {
    const { peer, far, clock } = callingScene({ maxInFlight: 1 });
    const sent = failure(peer.request('a'));
    const queued = failure(peer.request('b'));
    await settle();
    const cut = new Error('cut');
    far.drop(cut);

    expect(await sent).toBeInstanceOf(ConnectionResetError);
    expect(await sent).toMatchObject({
      code: 'channel_ended',
      sent: 'maybe',
      retryable: 'if-idempotent',
      cause: cut,
    });
    expect((await sent).message).toBe('Cannot call "a": the channel ended before its answer came');
    expect(await queued).toMatchObject({ sent: 'no', retryable: 'yes' });
    expect(await failure(peer.request('c'))).toMatchObject({ sent: 'no' });
    expect(await peer.closed).toEqual({ by: 'failure', error: cut });
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails one that the channel had not accepted as not sent', async () => {
    const { peer, near, far } = callingScene();
    near.accepts = false;
    const waiting = failure(peer.request('a'));
    await settle();
    await far.close();

    expect(await waiting).toMatchObject({ code: 'channel_ended', sent: 'no', retryable: 'yes' });
    expect(await peer.closed).toEqual({ by: 'peer' });
  });

  it.each([
    ['maybe', (accept: PromiseWithResolvers<void>) => accept.resolve()],
    ['no', (accept: PromiseWithResolvers<void>) => accept.reject(new ClosedError('closed'))],
    ['maybe', (accept: PromiseWithResolvers<void>) => accept.reject(new Error('half of it'))],
  ])(
    'leaves it to the channel whether the last was sent: %s',
    async (sent, settleSend: (accept: PromiseWithResolvers<void>) => void) => {
      const { near, far, clock } = callingScene();
      const accept = Promise.withResolvers<void>();
      const peer = rpc(Object.assign(near, { send: () => accept.promise }), { clock });
      const last = failure(peer.request('a'));
      await settle();
      far.drop();
      await peer.closed;
      settleSend(accept);

      expect(await last).toMatchObject({ code: 'channel_ended', sent });
    },
  );

  it('fails those that were sent when a channel that goes on has lost its connection', async () => {
    const { near, far, clock } = callingScene();
    let interrupt: (error: ConnectionResetError) => void = () => {};
    const channel = Object.assign(near, {
      onInterrupt: (listener: typeof interrupt) => {
        interrupt = listener;
        return () => {};
      },
    });
    const peer = rpc(channel, { clock, maxInFlight: 1 });
    const lost = failure(peer.request('a'));
    const waiting = peer.request('b');
    await settle();
    interrupt(new ConnectionResetError('cut'));
    expect(await lost).toMatchObject({ code: 'channel_ended', sent: 'maybe' });

    await settle();
    await far.send('{"jsonrpc":"2.0","id":2,"result":"b"}');
    expect(await waiting).toBe('b');
  });
});

describe('peer.close()', () => {
  it('fails the requests with ClosedError, closes the channel, and leaves nothing', async () => {
    const { peer, near, clock } = callingScene();
    const sent = failure(peer.request('a'));
    await settle();
    await Promise.all([peer.close(), peer.close()]);

    expect(await sent).toBeInstanceOf(ClosedError);
    expect(await sent).toMatchObject({ sent: 'maybe' });
    expect(await failure(peer.request('b'))).toBeInstanceOf(ClosedError);
    expect(await failure(peer.notify('b'))).toBeInstanceOf(ClosedError);
    expect(await peer.closed).toEqual({ by: 'caller' });
    await near.closed;
    expect(clock.pendingTimers).toBe(0);
  });

  it('closes also where the channel refuses the code, and says so', async () => {
    const { near, clock } = callingScene();
    const close = near.close.bind(near);
    const refusal = new Error('no such code');
    const channel = Object.assign(near, {
      close: (code?: number) => (code === undefined ? close() : Promise.reject(refusal)),
    });
    const peer = rpc(channel, { clock });

    expect(await failure(peer.close(99))).toBe(refusal);
    expect(await peer.closed).toEqual({ by: 'caller' });
  });

  it('handles nothing more, also while the channel takes its time to close', async () => {
    const { near, far, clock } = callingScene();
    const closing = Promise.withResolvers<void>();
    const close = near.close.bind(near);
    const heard: unknown[] = [];
    const channel = Object.assign(near, { close: () => closing.promise.then(close) });
    const peer = rpc(channel, { clock, methods: { late: () => heard.push('late') } });
    const closed = peer.close();
    await far.send('{"jsonrpc":"2.0","method":"late"}');
    await settle();
    closing.resolve();
    await closed;

    expect(heard).toEqual([]);
  });
});
