import { MessageTooLargeError, RpcError } from '@linkspan/core';
import { rpc } from '@linkspan/core/rpc';
import { describe, expect, it, vi } from 'vitest';
import { channelPair, failure } from './channel-pair.ts';
import { call, gate, servingScene, settle } from './serving-scene.ts';

describe('a handler', () => {
  it('answers with what it returns, and with null for nothing', async () => {
    const { say } = servingScene({ methods: { now: async () => ({ now: 1 }), nothing: () => {} } });
    expect(await say(call(1, 'now'), call('b', 'nothing'))).toEqual([
      { jsonrpc: '2.0', id: 1, result: { now: 1 } },
      { jsonrpc: '2.0', id: 'b', result: null },
    ]);
  });

  it('answers with the error that it throws, when that is an RpcError', async () => {
    const { say, errors } = servingScene({
      methods: {
        poor: () => {
          throw new RpcError('Not enough money', { rpcCode: 1001, data: { missing: 5 } });
        },
      },
    });
    expect(await say(call(1, 'poor'))).toEqual([
      {
        jsonrpc: '2.0',
        id: 1,
        error: { code: 1001, message: 'Not enough money', data: { missing: 5 } },
      },
    ]);
    expect(errors).toEqual([]);
  });

  it('shows nothing of any other error to the peer, and all of it to onError', async () => {
    const thrown = [
      new Error('postgres://root:canary@db'),
      'canary',
      // What another peer answered to the handler is not for this one.
      await (async () => {
        const [near, far] = channelPair();
        const upstream = failure(rpc(near).request('up'));
        await far.send({ jsonrpc: '2.0', id: 1, error: { code: 5, message: 'canary' } });
        return await upstream;
      })(),
    ];
    const { say, errors } = servingScene({
      methods: {
        fail: ([index]: [number]) => {
          throw thrown[index] as Error;
        },
        unwritable: () => 1n,
      },
    });
    const answers = await say(
      ...thrown.map((_error, index) => call(index, 'fail', [index])),
      call(3, 'unwritable'),
    );

    const error = { code: -32603, message: 'Internal error' };
    expect(answers).toEqual([0, 1, 2, 3].map((id) => ({ jsonrpc: '2.0', id, error })));
    expect(errors.slice(0, 3)).toEqual(thrown);
    expect(errors[3]).toMatchObject({ code: 'encode_json' });
  });

  it('is told of by a warning where nobody listens', async () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { say } = servingScene({
      onError: undefined,
      methods: { fail: () => Promise.reject(new Error('boom')) },
    });
    await say(call(1, 'fail'), { jsonrpc: '2.0', method: 'fail' });

    expect(emit).toHaveBeenCalledTimes(2);
    expect(emit.mock.calls[0]?.[0]).toMatchObject({
      name: 'LinkspanRpcWarning',
      message: 'The handler of "fail" failed',
    });
  });

  it('answers with an internal error when its answer is too large for the channel', async () => {
    const { near, far, errors } = servingScene({ methods: { big: () => 'x'.repeat(100) } });
    const send = near.send.bind(near);
    vi.spyOn(near, 'send').mockImplementation(async (message, options) => {
      if ((message as string).length > 100)
        throw new MessageTooLargeError('Cannot send: too large');
      await send(message, options);
    });
    await far.send(JSON.stringify(call(1, 'big')));
    await settle();

    expect(near.sent).toEqual([
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"Internal error"}}',
    ]);
    expect(errors).toHaveLength(1);
  });

  it('has a signal that aborts when the peer cancels, and is answered so', async () => {
    const { calls, handler } = gate();
    const { say } = servingScene({
      methods: {
        wait: async (params, context) => {
          await Promise.race([
            handler(params, context),
            new Promise((_resolve, reject) => {
              context.signal.addEventListener('abort', () =>
                reject(context.signal.reason as Error),
              );
            }),
          ]);
        },
      },
    });
    await say(call(7, 'wait'), { jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 8 } });
    expect(calls[0]?.context).toMatchObject({ method: 'wait', id: 7, signal: { aborted: false } });

    expect(await say({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 7 } })).toEqual([
      { jsonrpc: '2.0', id: 7, error: { code: -32800, message: 'Request cancelled' } },
    ]);
    expect(calls[0]?.context.signal.reason).toMatchObject({ name: 'AbortError' });
  });

  it.each(['resolves', 'rejects'])(
    'is not answered in MCP once it is cancelled, when it %s',
    async (how) => {
      const { calls, handler } = gate();
      const { say } = servingScene({
        cancellation: 'notifications/cancelled',
        methods: { wait: handler },
      });
      await say(call(7, 'wait'));
      await say({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: 7, reason: 'x' },
      });
      expect(calls[0]?.context.signal.aborted).toBe(true);
      calls[0]?.finish(how === 'resolves' ? 1 : Promise.reject(new Error('aborted')));

      expect(await say()).toEqual([]);
    },
  );

  it('has a signal that aborts when the channel ends, and is answered no more', async () => {
    const { calls, handler } = gate();
    const { say, far, errors, peer } = servingScene({ methods: { wait: handler } });
    await say(call(1, 'wait'), { jsonrpc: '2.0', method: 'wait' });
    await far.close();
    await peer.closed;

    expect(calls.map(({ context }) => context.signal.aborted)).toEqual([true, true]);
    calls.forEach(({ finish }) => finish('late'));
    expect(errors).toEqual([]);
  });
});

describe('notifications', () => {
  it('go to the method of that name, or else to onNotification, in their order', async () => {
    const heard: unknown[] = [];
    const { say } = servingScene({
      methods: { log: ([text]: [string]) => heard.push(text) },
      onNotification: (method, params, { id }) => heard.push({ method, params, id }),
    });
    const answers = await say(
      { jsonrpc: '2.0', method: 'log', params: ['a'] },
      { jsonrpc: '2.0', method: 'other', params: { b: 1 } },
      { jsonrpc: '2.0', method: 'log', params: ['c'] },
    );

    expect(answers).toEqual([]);
    expect(heard).toEqual(['a', { method: 'other', params: { b: 1 }, id: undefined }, 'c']);
  });

  it('are sent without an id', async () => {
    const { peer, near } = servingScene();
    await peer.notify('progress', { done: 1 });
    expect(near.sent).toEqual(['{"jsonrpc":"2.0","method":"progress","params":{"done":1}}']);
  });
});
