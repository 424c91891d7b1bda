import { ManualClock } from '@linkspan/concurrency';
import { rpc, type RpcOptions, type RpcStray } from '@linkspan/core/rpc';
import { afterEach } from 'vitest';
import { channelPair, type PairEnd } from './channel-pair.ts';

/** Resolves when the promise jobs that wait now have run. */
export const settle = (): Promise<void> => new ManualClock().advance(0);

/** A peer of JSON-RPC, and the other end of its channel for the test to speak on. */
export function callingScene(options: RpcOptions = {}) {
  const clock = new ManualClock();
  const [near, far] = channelPair();
  const strays: RpcStray[] = [];
  const peer = rpc(near, { clock, onStray: (stray) => strays.push(stray), ...options });
  open.push(far);
  return { peer, near, far, clock, strays };
}

/** What the peer sent, parsed. */
export const sentBy = (end: PairEnd): unknown[] =>
  end.sent.map((text) => JSON.parse(text as string));

const open: PairEnd[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((end) => end.close()));
});
