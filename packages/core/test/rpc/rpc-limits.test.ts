import { rpc } from '@linkspan/core/rpc';
import { describe, expect, it } from 'vitest';
import { channelPair } from './channel-pair.ts';
import { call, gate, invalid, servingScene, settle } from './serving-scene.ts';

describe('the limits of a peer', () => {
  it('runs a limited number of handlers, in the order of the calls', async () => {
    const { calls, handler } = gate();
    const { say } = servingScene({ maxHandlers: 2, methods: { work: handler } });
    await say(...[1, 2, 3, 4].map((id) => call(id, 'work', [id])));
    expect(calls.map(({ params }) => params)).toEqual([[1], [2]]);

    calls[1]?.finish('b');
    expect(await say()).toEqual([{ jsonrpc: '2.0', id: 2, result: 'b' }]);
    expect(calls.map(({ params }) => params)).toEqual([[1], [2], [3]]);
  });

  it('holds the place of a handler until the channel accepts its answer', async () => {
    const { calls, handler } = gate();
    const { say, near } = servingScene({ maxHandlers: 1, methods: { work: handler } });
    await say(call(1, 'work'), call(2, 'work'));
    near.accepts = false;
    calls[0]?.finish('a');
    await settle();
    expect(calls).toHaveLength(1);

    near.accept();
    await settle();
    expect(calls).toHaveLength(2);
  });

  it('reads no more while many calls wait, and goes on when one begins', async () => {
    const { calls, handler } = gate();
    const { say, near } = servingScene({
      maxHandlers: 1,
      maxWaiting: 2,
      methods: { work: handler },
    });
    await say(...[1, 2, 3, 4, 5].map((id) => call(id, 'work')));
    expect(near.unread).toBe(2);

    calls[0]?.finish();
    await settle();
    expect(near.unread).toBe(1);
  });

  it('reads on for the sake of its own requests, and refuses the calls that came with their answers', async () => {
    const { calls, handler } = gate();
    const { say, peer, near } = servingScene({
      maxHandlers: 1,
      maxWaiting: 1,
      methods: { work: handler },
    });
    await say(call(1, 'work'), call(2, 'work'), call(3, 'work'), {
      jsonrpc: '2.0',
      id: 1,
      result: 'mine',
    });
    expect(near.unread).toBe(2);

    expect(await peer.request('nested')).toBe('mine');
    await settle();
    expect(near.sent.map((text) => JSON.parse(text as string) as unknown)).toEqual([
      { jsonrpc: '2.0', id: 1, method: 'nested' },
      { jsonrpc: '2.0', id: 3, error: { code: -32000, message: 'Too many calls are waiting' } },
    ]);
    expect(calls).toHaveLength(1);
  });

  it('does not call a handler for what was cancelled while it waited', async () => {
    const { calls, handler } = gate();
    const { say } = servingScene({ maxHandlers: 1, methods: { work: handler } });
    await say(call(1, 'work'), call(2, 'work'));
    await say({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 2 } });
    calls[0]?.finish('a');

    expect(await say()).toEqual([
      { jsonrpc: '2.0', id: 1, result: 'a' },
      { jsonrpc: '2.0', id: 2, error: { code: -32800, message: 'Request cancelled' } },
    ]);
    expect(calls).toHaveLength(1);
  });

  it('takes a batch as a whole, also where that is more than what may wait', async () => {
    const { calls, handler } = gate();
    const { say } = servingScene({ maxHandlers: 1, maxWaiting: 2, methods: { work: handler } });
    await say(call(1, 'work'), call(2, 'work'), [call(3, 'work'), call(4, 'work')]);
    for (const nth of [0, 1, 2, 3]) {
      calls[nth]?.finish(nth);
      // oxlint-disable-next-line no-await-in-loop -- one handler after another
      if (nth < 3) await settle();
    }

    expect((await say()).at(-1)).toEqual([
      { jsonrpc: '2.0', id: 3, result: 2 },
      { jsonrpc: '2.0', id: 4, result: 3 },
    ]);
  });

  it('refuses a batch that is longer than what may wait', async () => {
    const { say } = servingScene({ maxWaiting: 2 });
    expect(await say([1, 2, 3])).toEqual([invalid('expected a batch of 1 to 2, found 3')]);
  });

  it('drops a call with the id of one that is under way, and tells', async () => {
    const { calls, handler } = gate();
    const { say, strays } = servingScene({ methods: { work: handler } });
    expect(await say(call(1, 'work'), call(1, 'work'))).toEqual([]);
    expect(strays).toEqual([{ reason: 'duplicate-id', id: 1 }]);

    calls[0]?.finish('once');
    expect(await say()).toEqual([{ jsonrpc: '2.0', id: 1, result: 'once' }]);
    await say(call(1, 'work'));
    expect(calls).toHaveLength(2);
  });
});

it('says which option is wrong', () => {
  const [near] = channelPair();
  expect(() => rpc(near, { maxHandlers: 0 })).toThrow(
    'Cannot configure rpc(): maxHandlers: expected an integer of 1 or more, or Infinity for no limit, found 0',
  );
  expect(() => rpc(near, { cancellation: 'cancel' as never })).toThrow(
    "cancellation: expected '$/cancelRequest', 'notifications/cancelled', false, or an object",
  );
  expect(() => rpc(near, { methods: { sum: 3 as never } })).toThrow(
    'methods.sum: expected a function, found 3',
  );
});
