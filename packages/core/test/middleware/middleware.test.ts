import { Deadline } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import {
  applyMiddleware,
  createClient,
  memoryTransport,
  type Middleware,
  retry,
  type TransportRequest,
} from '@linkspan/core';

const get: TransportRequest = { operation: 'GET', target: '/' };

/** A layer that notes when it is entered and left. */
function noting(name: string, notes: string[]): Middleware {
  return (next) => async (request, context) => {
    notes.push(`> ${name} ${context.attempt}`);
    try {
      return await next(request, context);
    } finally {
      notes.push(`< ${name} ${context.attempt}`);
    }
  };
}

describe('applyMiddleware()', () => {
  it('puts the first layer outermost', async () => {
    const notes: string[] = [];
    const send = applyMiddleware(memoryTransport(() => ({})).send, [
      noting('a', notes),
      noting('b', notes),
    ]);

    await send(get, {
      signal: undefined,
      deadline: Deadline.unlimited,
      attempt: 1,
      streaming: false,
      attemptMs: Infinity,
      idleMs: Infinity,
      acceptStatus: () => true,
    });

    expect(notes).toEqual(['> a 1', '> b 1', '< b 1', '< a 1']);
  });

  it('is the send itself without layers', () => {
    const { send } = memoryTransport(() => ({}));
    expect(applyMiddleware(send, [])).toBe(send);
  });
});

describe('the middleware of a client', () => {
  const failOnce = () => {
    let calls = 0;
    return memoryTransport(() => ({ status: (calls += 1) === 1 ? 503 : 200 }));
  };

  it('is run once for each attempt, and sees refused statuses as failures', async () => {
    const notes: string[] = [];
    const client = createClient({
      transport: failOnce(),
      retry: { baseDelayMs: 0 },
      middleware: [noting('a', notes), noting('b', notes)],
    });

    await client.request(get);

    expect(notes).toEqual(['> a 1', '> b 1', '< b 1', '< a 1', '> a 2', '> b 2', '< b 2', '< a 2']);
  });

  it('is run once for all attempts where it stands before retry()', async () => {
    const notes: string[] = [];
    const client = createClient({
      transport: failOnce(),
      retry: false,
      middleware: [noting('once', notes), retry({ baseDelayMs: 0 }), noting('each', notes)],
    });

    await client.request(get);

    expect(notes).toEqual(['> once 1', '> each 1', '< each 1', '> each 2', '< each 2', '< once 1']);
  });

  it('is also part of client.send, for layers above', async () => {
    const notes: string[] = [];
    const client = createClient({
      transport: memoryTransport(() => ({})),
      middleware: [noting('a', notes)],
    });
    await client.send(get, {
      signal: undefined,
      deadline: Deadline.unlimited,
      attempt: 1,
      streaming: false,
      attemptMs: Infinity,
      idleMs: Infinity,
      acceptStatus: () => true,
    });
    expect(notes).toEqual(['> a 1', '< a 1']);
  });
});
