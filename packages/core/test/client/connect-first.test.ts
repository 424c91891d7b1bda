import { ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import {
  ClosedError,
  ConnectionRefusedError,
  createClient,
  type MemoryHandler,
  memoryTransport,
  type Transport,
} from '@linkspan/core';
import { get, never } from './client-scene.ts';

describe('client.connect()', () => {
  it('P21 connects once, for calls that come at the same time too', async () => {
    const connects = new ConnectCount();
    const client = createClient({ transport: connects.transport() });

    await Promise.all([client.request(get), client.request(get), client.connect()]);
    await client.request(get);

    expect(connects.count).toBe(1);
  });

  it('P21 connects again after a connect that failed, as part of trying again', async () => {
    const connects = new ConnectCount(1);
    const client = createClient({ transport: connects.transport(), retry: { baseDelayMs: 0 } });

    const response = await client.request({ operation: 'POST', target: '/' });

    expect(response.attempts).toBe(2);
    expect(connects.count).toBe(2);
  });

  it('does not let one caller who leaves end the connect of the others', async () => {
    const connects = new ConnectCount();
    const client = createClient({ transport: connects.transport() });
    const controller = new AbortController();
    const left = client.request(get, { signal: controller.signal });
    const stays = client.request(get);

    controller.abort('left');

    await expect(left).rejects.toBe('left');
    expect((await stays).status).toBe(200);
    expect(connects.count).toBe(1);
  });

  it('is bounded by the clocks of the call', async () => {
    const clock = new ManualClock();
    const transport = connecting(() => new Promise(() => {}));
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

  it.each([true, false])('ends for its calls when the client closes (owns: %s)', async (owns) => {
    const clock = new ManualClock();
    const transport = connecting(() => new Promise(() => {}));
    const client = createClient({ transport, ownTransport: owns, clock });
    const answer = client.request(get);
    answer.catch(() => {});
    await clock.advance(0);
    expect(client.inFlight()).toMatchObject([{ phase: 'connect' }]);

    await client.close();

    await expect(answer).rejects.toBeInstanceOf(ClosedError);
    expect(clock.pendingTimers).toBe(0);
  });

  it('counts for attemptMs, and the failure tells the limit that was set', async () => {
    const clock = new ManualClock();
    const transport = connecting(
      () => new Promise((resolve) => clock.setTimeout(resolve, 4)),
      never,
    );
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

/** A transport with a connect of its own. */
function connecting(connect: () => Promise<void>, handler: MemoryHandler = () => ({})): Transport {
  const base = memoryTransport(handler);
  return {
    name: 'connecting',
    capabilities: base.capabilities,
    connect,
    send: base.send,
    close: () => base.close(),
    [Symbol.asyncDispose]: () => base.close(),
  };
}

/** A transport that counts its connects; the first ones fail. */
class ConnectCount {
  count = 0;
  readonly #failures: number;

  constructor(failures = 0) {
    this.#failures = failures;
  }

  transport(): Transport {
    return connecting(async () => {
      this.count += 1;
      await Promise.resolve();
      if (this.count <= this.#failures) throw new ConnectionRefusedError('Cannot connect');
    });
  }
}
