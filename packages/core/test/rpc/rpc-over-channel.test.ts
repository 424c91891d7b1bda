import { ClosedError, createClient, memoryTransport } from '@linkspan/core';
import { rpc, type RpcChannel } from '@linkspan/core/rpc';
import { expect, it } from 'vitest';
import { channelPair, failure } from './channel-pair.ts';

/** A duplex transport whose peer is a peer of JSON-RPC itself. */
function calculator() {
  return memoryTransport(
    ({ payload }) => {
      const [inner, outer] = channelPair();
      rpc(inner, { methods: { sum: (values: number[]) => values.reduce((a, b) => a + b, 0) } });
      void (async () => {
        const heard = payload?.kind === 'stream' ? payload.stream : [];
        for await (const message of heard) await outer.send(message);
        await outer.close();
      })().catch(() => {});
      return { status: 101, body: outer };
    },
    { capabilities: { duplex: true } },
  );
}

it('speaks over the channel of any duplex transport', async () => {
  const client = createClient({ transport: calculator(), env: {} });
  const channel = await client.open({ operation: 'OPEN', target: '/' });
  const peer = rpc(channel satisfies RpcChannel);

  expect(await Promise.all([peer.request('sum', [1, 2]), peer.request('sum', [3, 4])])).toEqual([
    3, 7,
  ]);
  const lost = failure(peer.request('sum', [5]));
  await client.close();

  expect(await lost).toMatchObject({ code: 'channel_ended' });
  expect(await peer.closed).toMatchObject({ by: 'failure', error: expect.any(ClosedError) });
  await peer.close();
});
