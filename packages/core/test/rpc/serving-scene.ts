import { ManualClock } from '@linkspan/concurrency';
import { rpc, type RpcHandlerContext, type RpcOptions, type RpcStray } from '@linkspan/core/rpc';
import { afterEach } from 'vitest';
import { channelPair, type PairEnd } from './channel-pair.ts';

/** Resolves when the promise jobs that wait now have run. */
export const settle = (): Promise<void> => new ManualClock().advance(0);

const open: PairEnd[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((end) => end.close()));
});

/** A peer that serves, and the other end of its channel. */
export function servingScene(options: RpcOptions = {}) {
  const clock = new ManualClock();
  const [near, far] = channelPair();
  open.push(far);
  const strays: RpcStray[] = [];
  const errors: unknown[] = [];
  const peer = rpc(near, {
    clock,
    onStray: (stray) => strays.push(stray),
    onError: (error) => errors.push(error),
    ...options,
  });
  /** Sends something to the peer, and gives what it has said since. */
  async function say(...messages: unknown[]): Promise<unknown[]> {
    const from = near.sent.length;
    for (const message of messages) {
      await far.send(typeof message === 'string' ? message : JSON.stringify(message));
    }
    await settle();
    return near.sent.slice(from).map((text) => JSON.parse(text as string) as unknown);
  }
  return { peer, near, far, clock, strays, errors, say };
}

/** A call with an id. */
export const call = (id: number | string, method: string, params?: unknown) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});

/** A handler that ends when it is told to, and keeps what it was given. */
export function gate() {
  const calls: {
    params: unknown;
    context: RpcHandlerContext;
    finish: (value?: unknown) => void;
  }[] = [];
  const handler = (params: unknown, context: RpcHandlerContext): Promise<unknown> =>
    new Promise((finish) => {
      calls.push({ params, context, finish });
    });
  return { calls, handler };
}

/** The answer to what is no request. */
export const invalid = (data: string, id: unknown = null) => ({
  jsonrpc: '2.0',
  error: { code: -32600, message: 'Invalid Request', data },
  id,
});
