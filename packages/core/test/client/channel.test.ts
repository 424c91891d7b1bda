import { ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import {
  ClosedError,
  ConfigurationError,
  ConnectionRefusedError,
  ConnectionResetError,
  createClient,
  memoryTransport,
  openChannel,
  type TransportRequest,
} from '@linkspan/core';
import { SilentBody } from '../endless-body.ts';

const feed: TransportRequest = { operation: 'SUBSCRIBE', target: 'feed' };

/** A peer over a duplex transport: what `talk` yields is what it says. */
function peer(
  talk: (heard: AsyncIterable<unknown>) => AsyncIterable<unknown>,
  options: { readonly duplex?: boolean } = {},
) {
  const clock = new ManualClock();
  const transport = memoryTransport(
    ({ payload }) => ({
      status: 101,
      body: talk(payload?.kind === 'stream' ? payload.stream : (async function* () {})()),
    }),
    { capabilities: { duplex: options.duplex ?? true } },
  );
  return { client: createClient({ transport, clock, env: {} }), clock };
}

async function* echo(heard: AsyncIterable<unknown>): AsyncGenerator {
  for await (const message of heard) yield { echo: message };
}

describe('client.open()', () => {
  it('R2 sends and receives at the same time, over one channel', async () => {
    const { client } = peer(echo);
    const channel = await client.open(feed);
    const messages = channel[Symbol.asyncIterator]();

    await channel.send('one');
    expect(await messages.next()).toEqual({ done: false, value: { echo: 'one' } });
    await channel.send({ two: 2 });
    expect(await messages.next()).toEqual({ done: false, value: { echo: { two: 2 } } });

    expect(channel.status).toBe(101);
    await channel.close();
  });

  it('is also a function', async () => {
    const { client } = peer(echo);
    await using channel = await openChannel(client, feed);
    expect(channel.status).toBe(101);
  });

  it('has no deadline, and may be silent', async () => {
    const { client, clock } = peer(() => new SilentBody());
    await using channel = await client.open(feed);
    const reading = channel[Symbol.asyncIterator]().next();
    reading.catch(() => {});
    await clock.advance(24 * 3_600_000);

    expect(client.inFlight()).toMatchObject([{ streaming: true, phase: 'body' }]);
    await client.close();
  });

  it('tries again while nobody has asked for its first message, and loses none', async () => {
    let attempts = 0;
    const transport = memoryTransport(
      ({ payload }) => {
        attempts += 1;
        if (attempts < 3) throw new ConnectionRefusedError('Cannot connect: refused');
        return { status: 101, body: echo((payload as { stream: AsyncIterable<unknown> }).stream) };
      },
      { capabilities: { duplex: true } },
    );
    const client = createClient({ transport, env: {}, retry: { baseDelayMs: 0 } });
    await using channel = await client.open(feed);
    await channel.send('first');

    expect(await channel[Symbol.asyncIterator]().next()).toMatchObject({
      value: { echo: 'first' },
    });
    expect(attempts).toBe(3);
  });

  it('does not try again when a message was asked for', async () => {
    let attempts = 0;
    const transport = memoryTransport(
      ({ payload }) => {
        attempts += 1;
        const { stream } = payload as { stream: AsyncIterable<unknown> };
        void stream[Symbol.asyncIterator]().next();
        throw new ConnectionRefusedError('Cannot connect: refused');
      },
      { capabilities: { duplex: true } },
    );
    const client = createClient({ transport, env: {}, retry: { baseDelayMs: 0 } });

    await expect(client.open(feed)).rejects.toMatchObject({ code: 'connection_refused' });
    expect(attempts).toBe(1);
  });

  it('says when the transport is not duplex', async () => {
    const { client } = peer(echo, { duplex: false });
    await expect(client.open(feed)).rejects.toBeInstanceOf(ConfigurationError);
  });
});

describe('channel.close()', () => {
  it('sends what was accepted, then its code and reason, and says how it ended', async () => {
    const heard: unknown[] = [];
    const { client, clock } = peer(async function* (messages) {
      const from = messages[Symbol.asyncIterator]();
      let read = await from.next();
      for (; read.done !== true; read = await from.next()) heard.push(read.value);
      heard.push(read.value);
      yield* [];
    });
    const channel = await client.open(feed);
    await channel.send('a');
    await channel.send('b');

    await Promise.all([channel.close(1000, 'bye'), channel.close()]);

    expect(heard).toEqual(['a', 'b', { code: 1000, reason: 'bye' }]);
    expect(await channel.closed).toEqual({ by: 'caller' });
    await expect(channel.send('c')).rejects.toBeInstanceOf(ClosedError);
    expect(client.inFlight()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits 5 s for a peer that does not end its side, and then leaves', async () => {
    const body = new SilentBody();
    const { client, clock } = peer(() => body);
    const channel = await client.open(feed);

    const closing = channel.close();
    await clock.advance(4_999);
    expect(body.releases).toBe(0);
    await clock.advance(1);

    await closing;
    expect(body.releases).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is what leaving the loop early does', async () => {
    const { client } = peer(async function* (heard) {
      yield 'hello';
      yield* echo(heard);
    });
    const channel = await client.open(feed);
    for await (const message of channel) {
      expect(message).toEqual(new TextEncoder().encode('hello'));
      break;
    }
    expect(await channel.closed).toEqual({ by: 'caller' });
    expect(client.inFlight()).toEqual([]);
  });

  it('does not wait for a reader who closes in its own loop', async () => {
    const { client, clock } = peer(async function* () {
      yield 1;
      await new Promise(() => {});
    });
    const channel = await client.open(feed);
    const reading = (async () => {
      for await (const message of channel) {
        expect(message).toBe(1);
        await channel.close();
      }
    })();
    await clock.advance(5_000);
    await reading;

    expect(await channel.closed).toEqual({ by: 'caller' });
  });

  it('lets a reader have what the peer still says', async () => {
    const { client } = peer(async function* (heard) {
      yield* echo(heard);
      yield 5;
    });
    const channel = await client.open(feed);
    const read: unknown[] = [];
    const reading = (async () => {
      for await (const message of channel) read.push(message);
    })();
    await channel.send(1);
    await channel.close();
    await reading;

    expect(read).toEqual([{ echo: 1 }, 5]);
  });
});

describe('channel.closed', () => {
  it('tells that the peer ended, and the sender is told too', async () => {
    const { client } = peer(async function* () {
      yield 'last words';
    });
    const channel = await client.open(feed);
    for await (const message of channel) expect(message).toBeInstanceOf(Uint8Array);

    expect(await channel.closed).toEqual({ by: 'peer' });
    await expect(channel.send('x')).rejects.toBeInstanceOf(ClosedError);
    await channel.close();
  });

  it('tells the code and the reason that the peer ended with', async () => {
    const { client } = peer(async function* () {
      yield 'last words';
      return { code: 1001, reason: 'going away' };
    });
    const channel = await client.open(feed);
    for await (const message of channel) expect(message).toBeInstanceOf(Uint8Array);

    expect(await channel.closed).toEqual({ by: 'peer', code: 1001, reason: 'going away' });
  });

  it('tells what broke', async () => {
    const broken = new ConnectionResetError('Cannot read: reset');
    const { client } = peer(async function* () {
      yield 1;
      throw broken;
    });
    const channel = await client.open(feed);
    const reading = (async () => {
      for await (const message of channel) expect(message).toBe(1);
    })();

    await expect(reading).rejects.toBe(broken);
    expect(await channel.closed).toEqual({ by: 'failure', error: broken });
  });

  it('tells the reason of a caller who aborts', async () => {
    const { client } = peer(() => new SilentBody());
    const controller = new AbortController();
    const channel = await client.open(feed, { signal: controller.signal });

    controller.abort('enough');

    expect(await channel.closed).toEqual({ by: 'failure', error: 'enough' });
    await expect(channel.send(1)).rejects.toBeInstanceOf(ClosedError);
  });
});
