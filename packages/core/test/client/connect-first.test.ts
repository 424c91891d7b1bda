import { ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import {
  ConnectionRefusedError,
  createClient,
  memoryTransport,
  type Transport,
} from '@linkspan/core';
import { get } from './client-scene.ts';

describe('client.connect()', () => {
  it('P21 connects once, for calls that come at the same time too', async () => {
    const connecting = new ConnectCount();
    const client = createClient({ transport: connecting.transport() });

    await Promise.all([client.request(get), client.request(get), client.connect()]);
    await client.request(get);

    expect(connecting.count).toBe(1);
  });

  it('P21 connects again after a connect that failed, as part of trying again', async () => {
    const connecting = new ConnectCount(1);
    const client = createClient({ transport: connecting.transport(), retry: { baseDelayMs: 0 } });

    const response = await client.request({ operation: 'POST', target: '/' });

    expect(response.attempts).toBe(2);
    expect(connecting.count).toBe(2);
  });

  it('does not let one caller who leaves end the connect of the others', async () => {
    const connecting = new ConnectCount();
    const client = createClient({ transport: connecting.transport() });
    const controller = new AbortController();
    const left = client.request(get, { signal: controller.signal });
    const stays = client.request(get);

    controller.abort('left');

    await expect(left).rejects.toBe('left');
    expect((await stays).status).toBe(200);
    expect(connecting.count).toBe(1);
  });

  it('is bounded by the clocks of the call', async () => {
    const clock = new ManualClock();
    const base = memoryTransport(() => ({}));
    const transport: Transport = {
      name: 'slow',
      capabilities: base.capabilities,
      connect: () => new Promise(() => {}),
      send: base.send,
      close: () => base.close(),
      [Symbol.asyncDispose]: () => base.close(),
    };
    const client = createClient({ transport, clock, retry: false });
    const answer = client.request(get, { attemptMs: 10 });
    answer.catch(() => {});
    await clock.advance(10);

    await expect(answer).rejects.toMatchObject({
      clock: 'attemptMs',
      phase: 'connect',
      sent: 'no',
    });
  });

  it('counts for attemptMs, and the failure tells the limit that was set', async () => {
    const clock = new ManualClock();
    const base = memoryTransport(() => new Promise(() => {}));
    const transport: Transport = {
      name: 'slow',
      capabilities: base.capabilities,
      connect: () => new Promise((resolve) => clock.setTimeout(resolve, 4)),
      send: base.send,
      close: () => base.close(),
      [Symbol.asyncDispose]: () => base.close(),
    };
    const client = createClient({ transport, clock, retry: false });
    const answer = client.request(get, { attemptMs: 20 });
    answer.catch(() => {});
    await clock.advance(19);
    expect(client.inFlight()).toMatchObject([{ phase: 'headers' }]);
    await clock.advance(1);

    await expect(answer).rejects.toMatchObject({
      message: 'Cannot get an answer: no head of an answer came within 20 ms (attemptMs)',
      clock: 'attemptMs',
      limitMs: 20,
      elapsedMs: 20,
      phase: 'headers',
      sent: 'maybe',
    });
  });
});

/** A transport that counts its connects; the first ones fail. */
class ConnectCount {
  count = 0;
  readonly #failures: number;

  constructor(failures = 0) {
    this.#failures = failures;
  }

  transport(): Transport {
    const base = memoryTransport(() => ({}));
    return {
      name: 'counted',
      capabilities: base.capabilities,
      connect: async () => {
        this.count += 1;
        await Promise.resolve();
        if (this.count <= this.#failures) throw new ConnectionRefusedError('Cannot connect');
      },
      send: base.send,
      close: () => base.close(),
      [Symbol.asyncDispose]: () => base.close(),
    };
  }
}
