import {
  ConfigurationError,
  DeserializationError,
  ProtocolError,
  RpcError,
  SerializationError,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { callingScene, sentBy, settle } from './calling-scene.ts';
import { failure } from './channel-pair.ts';

describe('peer.request()', () => {
  it('sends a call with an id, and gives the result of the answer with that id', async () => {
    const { peer, near, far } = callingScene();
    const result = peer.request('subtract', { minuend: 42, subtrahend: 23 });
    await settle();

    expect(sentBy(near)).toEqual([
      { jsonrpc: '2.0', id: 1, method: 'subtract', params: { minuend: 42, subtrahend: 23 } },
    ]);
    await far.send('{"jsonrpc":"2.0","id":1,"result":19}');
    expect(await result).toBe(19);
  });

  it('gives each request its own answer, in whatever order they come, and never uses an id again', async () => {
    const { peer, near, far } = callingScene();
    const results = Promise.all([peer.request('a'), peer.request('b'), peer.request('c')]);
    await settle();
    for (const id of [3, 1, 2]) {
      await far.send(JSON.stringify({ jsonrpc: '2.0', id, result: `answer ${id}` }));
    }
    expect(await results).toEqual(['answer 1', 'answer 2', 'answer 3']);

    void peer.request('d').catch(() => {});
    await settle();
    expect(sentBy(near).map((call) => (call as { id: number }).id)).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['text', '{"jsonrpc":"2.0","id":1,"result":[1]}'],
    ['bytes', new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"result":[1]}')],
    ['a buffer', new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"result":[1]}').buffer],
    ['a parsed value', { jsonrpc: '2.0', id: 1, result: [1] }],
    ['an answer with a null error', '{"jsonrpc":"2.0","id":1,"result":[1],"error":null}'],
    ['a batch of answers', '[{"jsonrpc":"2.0","id":1,"result":[1]}]'],
  ])('reads an answer that comes as %s', async (_form, message) => {
    const { peer, far } = callingScene();
    const result = peer.request('a');
    await far.send(message);
    expect(await result).toEqual([1]);
  });

  it('throws the error of the answer, with its number, and its data for programs alone', async () => {
    const { peer, far } = callingScene();
    const result = failure(peer.request('a'));
    const data = { key: 'sk-canary0123456789' };
    await far.send({
      jsonrpc: '2.0',
      id: 1,
      error: { code: -32601, message: 'no such thing, Bearer canary0123456789abcd', data },
    });

    const error = await result;
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({
      kind: 'rpc',
      code: 'method_not_found',
      rpcCode: -32601,
      method: 'a',
      sent: 'yes',
      retryable: 'no',
    });
    expect(error.data).toEqual(data);
    expect(error.message).toBe(
      'Cannot call "a": the peer answered with the error -32601: no such thing, Bearer [redacted]',
    );
    expect(JSON.stringify(error)).not.toContain('canary');
  });

  it('tells an answer that breaks the protocol, where it has the id of a request', async () => {
    const { peer, far } = callingScene();
    const requests = ['a', 'b', 'c', 'd'].map((method) => failure(peer.request(method)));
    await far.send('{"id":1,"result":1}');
    await far.send('{"jsonrpc":"2.0","id":2,"result":1,"error":{"code":1,"message":""}}');
    await far.send('{"jsonrpc":"2.0","id":3,"error":{"code":"x","message":""}}');
    await far.send('{"jsonrpc":"2.0","id":4,"error":{"code":1}}');

    for (const error of await Promise.all(requests)) {
      expect(error).toBeInstanceOf(ProtocolError);
      expect(error.message).toMatch(/^Cannot read the answer to "[abcd]": expected /);
    }
  });

  it('checks the result with a schema on request', async () => {
    const { peer, far } = callingScene();
    const schema = z.object({ total: z.number() });
    const good = peer.request('a', [], { schema });
    const bad = failure(peer.request('b', [], { schema }));
    await far.send('{"jsonrpc":"2.0","id":1,"result":{"total":3,"more":1}}');
    await far.send('{"jsonrpc":"2.0","id":2,"result":{"total":"3"}}');

    expect((await good).total).toBe(3);
    expect(await bad).toBeInstanceOf(DeserializationError);
    expect((await bad).message).toContain('Cannot accept the answer to "b"');
  });

  it('refuses what JSON-RPC cannot carry, before anything is sent', async () => {
    const { peer, near } = callingScene();
    expect(await failure(peer.request('a', 3 as never))).toBeInstanceOf(ConfigurationError);
    expect(await failure(peer.request('a', [1n]))).toBeInstanceOf(SerializationError);
    expect(await failure(peer.request('a', [], { totalMs: -1 }))).toBeInstanceOf(
      ConfigurationError,
    );
    expect(near.sent).toEqual([]);
  });

  it('has a limited number under way, and the others wait their turn', async () => {
    const { peer, near, far } = callingScene({ maxInFlight: 2 });
    const results = Promise.all(['a', 'b', 'c'].map((method) => peer.request(method)));
    await settle();
    expect(near.sent).toHaveLength(2);

    await far.send('{"jsonrpc":"2.0","id":2,"result":"b"}');
    await settle();
    expect(near.sent).toHaveLength(3);
    await far.send('{"jsonrpc":"2.0","id":1,"result":"a"}');
    await far.send('{"jsonrpc":"2.0","id":3,"result":"c"}');
    expect(await results).toEqual(['a', 'b', 'c']);
  });
});

describe('an answer that fits no request', () => {
  it('does not settle one that waits for its turn, by a guess of its id', async () => {
    const { peer, far, strays } = callingScene({ maxInFlight: 1 });
    const results = Promise.all([peer.request('a'), peer.request('b')]);
    await settle();
    for (const [id, result] of [
      [2, 'guess'],
      [1, 'a'],
    ] as const) {
      await far.send({ jsonrpc: '2.0', id, result });
    }
    await settle();
    await far.send({ jsonrpc: '2.0', id: 2, result: 'b' });

    expect(await results).toEqual(['a', 'b']);
    expect(strays).toEqual([{ reason: 'unknown-id', id: 2 }]);
  });

  it('is dropped, and told', async () => {
    const { peer, near, far, strays } = callingScene();
    const result = peer.request('a');
    await settle();
    for (const id of [7, '1', 1, 1, null]) {
      await far.send({ jsonrpc: '2.0', id, result: id });
    }
    await far.send('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}');

    expect(await result).toBe(1);
    await settle();
    expect(strays).toEqual([
      { reason: 'unknown-id', id: 7 },
      { reason: 'unknown-id', id: '1' },
      { reason: 'settled-id', id: 1 },
      { reason: 'no-id', id: null },
      { reason: 'no-id', id: null },
    ]);
    expect(near.sent).toHaveLength(1);
  });
});
