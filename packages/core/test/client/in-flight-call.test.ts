import { ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import {
  ConnectionRefusedError,
  createClient,
  isCancelled,
  type MemoryHandler,
  memoryTransport,
  type Middleware,
  type Transport,
  TransportError,
} from '@linkspan/core';
import { EndlessBody, SilentBody } from '../endless-body.ts';
import { get, never, scene } from './client-scene.ts';

describe('a call aborted by its caller', () => {
  const reason = { why: 'the user left' };

  it('is not sent when the signal was aborted before', async () => {
    const { client, sent } = scene(() => ({}));

    await expect(client.request(get, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(sent).toEqual([]);
    expect(client.inFlight()).toEqual([]);
  });

  it.each<[phase: string, transport: (held: Held) => Partial<Transport>, retries?: boolean]>([
    ['connect', (held) => ({ connect: () => held.forever() })],
    ['headers', (held) => ({ send: () => held.forever() })],
  ])('rejects with signal.reason itself while it waits for %s', async (_phase, overrides) => {
    const held = new Held();
    const clock = new ManualClock();
    const base = memoryTransport(() => held.forever());
    const override = overrides(held);
    const transport: Transport = {
      name: 'held',
      capabilities: base.capabilities,
      connect: override.connect ?? (() => Promise.resolve()),
      send: base.send,
      close: () => base.close(),
      [Symbol.asyncDispose]: () => base.close(),
    };
    const client = createClient({ transport, clock });
    const controller = new AbortController();

    const answer = client.request(get, { signal: controller.signal });
    answer.catch(() => {});
    await clock.advance(0);
    expect(held.isReached).toBe(true);
    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(isCancelled(reason, controller.signal)).toBe(true);
    expect(client.inFlight()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects with signal.reason itself while it waits to try again', async () => {
    const { client, clock, sent } = scene(() => {
      throw new ConnectionRefusedError('Cannot connect');
    });
    const controller = new AbortController();
    const answer = client.request(get, { signal: controller.signal });
    answer.catch(() => {});
    await clock.advance(0);
    expect(client.inFlight()).toMatchObject([{ phase: 'backoff', attempt: 1 }]);

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(sent).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects with signal.reason itself in a middleware that waits for its signal', async () => {
    const waiting: Middleware = () => (_request, context) =>
      new Promise((_resolve, reject) => {
        context.signal?.addEventListener('abort', () => reject(context.signal?.reason));
      });
    const { client, sent } = scene(() => ({}), { middleware: [waiting] });
    const controller = new AbortController();
    const answer = client.request(get, { signal: controller.signal });
    answer.catch(() => {});

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(sent).toEqual([]);
  });

  it('rejects with signal.reason itself while the body of a refused status is read', async () => {
    const body = new SilentBody('no');
    const { client, clock } = scene(() => ({ status: 500, body }));
    const controller = new AbortController();
    const answer = client.request(get, { signal: controller.signal });
    answer.catch(() => {});
    await clock.advance(0);

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(body.releases).toBe(1);
  });

  it.each(['read', 'not read'])('ends a body that is %s, and frees its wire', async (how) => {
    const body = new SilentBody('a');
    const { client } = scene(() => ({ body }));
    const controller = new AbortController();
    const response = await client.request(get, { signal: controller.signal });
    const reading = how === 'read' ? response.text() : undefined;
    reading?.catch(() => {});

    controller.abort(reason);

    await expect(reading ?? response.text()).rejects.toBe(reason);
    expect(body.releases).toBe(1);
    expect(client.inFlight()).toEqual([]);
  });

  it('is not touched by an abort after its end, and leaves no listener', async () => {
    const listeners = new ListenerCount();
    const { client } = scene(() => ({ body: 'done' }));
    const response = await client.request(get, { signal: listeners.signal });
    expect(await response.text()).toBe('done');

    expect(listeners.count).toBe(0);
    listeners.abort(reason);
    listeners.abort(reason);
    expect(response.status).toBe(200);
  });

  it('rejects once, with the first reason, when it is aborted twice', async () => {
    const { client, clock } = scene(never);
    const controller = new AbortController();
    const answer = client.request(get, { signal: controller.signal });
    answer.catch(() => {});
    await clock.advance(0);

    controller.abort(reason);
    controller.abort('again');

    await expect(answer).rejects.toBe(reason);
  });

  it('leaves no listener behind after any way to end', async () => {
    const handlers: MemoryHandler[] = [
      () => ({ body: 'x' }),
      () => ({ status: 404 }),
      () => {
        throw new TransportError('Cannot send');
      },
      async () => ({ body: new EndlessBody() }),
    ];
    const listeners = new ListenerCount();
    for (const handler of handlers) {
      const { client } = scene(handler);
      // oxlint-disable-next-line no-await-in-loop -- one case after another
      const response = await client
        .request(get, { signal: listeners.signal })
        .catch(() => undefined);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await response?.cancel();
    }
    expect(listeners.added).toBeGreaterThan(0);
    expect(listeners.count).toBe(0);
  });
});

/** Something that is reached and does not go on until it is told to. */
class Held {
  isReached = false;
  readonly #released = Promise.withResolvers<never>();

  forever(): Promise<never> {
    this.isReached = true;
    return new Promise(() => {});
  }

  until(): Promise<never> {
    this.isReached = true;
    return this.#released.promise;
  }

  release(value: unknown): void {
    this.#released.resolve(value as never);
  }
}

/** A signal that counts who listens. */
class ListenerCount {
  added = 0;
  count = 0;
  readonly #controller = new AbortController();

  get signal(): AbortSignal {
    const { signal } = this.#controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      this.added += 1;
      this.count += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      this.count -= 1;
      remove(...args);
    };
    return signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }
}
