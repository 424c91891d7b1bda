import { once } from 'node:events';
import { Deadline, ManualClock } from '@linkspan/concurrency';
import { type CallContext, createBody, type Send, TransportError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { type SlowCall, watchSlowCalls } from '../../src/client/watch-slow-calls.ts';

function setUp(): { clock: ManualClock; context: CallContext; slow: SlowCall[] } {
  const clock = new ManualClock();
  const context: CallContext = {
    signal: undefined,
    deadline: Deadline.never(clock),
    attempt: 1,
    streaming: false,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: () => true,
  };
  return { clock, context, slow: [] };
}
const request = { operation: 'GET', target: 'http://h/a?key=canary' };

describe('onSlow', () => {
  it('E30 tells once of a call that takes longer than slowMs', async () => {
    const { clock, context, slow } = setUp();
    const gate = Promise.withResolvers<void>();
    const send = watchSlowCalls(100, (call) => slow.push(call))(async () => {
      await gate.promise;
      return { status: 200, headers: {}, body: createBody([], context) };
    });

    const call = send(request, context);
    await clock.advance(99);
    expect(slow).toEqual([]);
    await clock.advance(500);
    gate.resolve();
    await call;

    expect(slow).toEqual([
      {
        method: 'GET',
        url: 'http://h/a?key=[redacted]',
        attempt: 1,
        elapsedMs: 100,
        streaming: false,
      },
    ]);
  });

  it('E30 counts the reading of the body, and stops at its end', async () => {
    const { clock, context, slow } = setUp();
    const gate = Promise.withResolvers<void>();
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(1);
      await gate.promise;
    }
    const answering: Send = async () => ({
      status: 200,
      headers: {},
      body: createBody(chunks(), context),
    });
    const send = watchSlowCalls(100, (call) => slow.push(call))(answering);

    const { body } = await send(request, context);
    const collected = body.collect();
    await clock.advance(100);
    gate.resolve();
    await collected;

    expect(slow).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('tells nothing of a call that ended in time, and leaves no timer', async () => {
    const { clock, context, slow } = setUp();
    const watch = watchSlowCalls(100, (call) => slow.push(call));
    const failure = new TransportError('No');

    const { body } = await watch(async () => ({
      status: 200,
      headers: {},
      body: createBody([], context),
    }))(request, context);
    await body.collect();
    await expect(watch(() => Promise.reject(failure))(request, context)).rejects.toBe(failure);
    await clock.advance(1_000);

    expect(slow).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('warns when the hook fails, and lets the call go on', async () => {
    const { clock, context } = setUp();
    const warned = once(process, 'warning');
    const gate = Promise.withResolvers<void>();
    const cause = new Error('The hook is broken');
    const fail = (): never => {
      throw cause;
    };
    const send = watchSlowCalls(
      100,
      fail,
    )(async () => {
      await gate.promise;
      return { status: 200, headers: {}, body: createBody([], context) };
    });

    const call = send(request, context);
    await clock.advance(100);
    gate.resolve();

    expect((await call).status).toBe(200);
    expect(await warned).toMatchObject([{ name: 'LinkspanHookWarning', cause }]);
  });
});
