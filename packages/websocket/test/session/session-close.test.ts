import { ManualClock } from '@linkspan/concurrency';
import { ClosedError, ConfigurationError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import type { HostSettings } from '../../src/session/session-host.ts';
import { SessionLostError } from '../../src/session/session-lost-error.ts';
import { Collector, LossyLink, smallSettings } from './lossy-link.ts';

const settle = (): Promise<void> => new ManualClock().advance(0);

/** A client and a server whose session has begun. */
function scene(settings: Partial<HostSettings> = {}) {
  const clock = new ManualClock();
  const link = new LossyLink({ ...smallSettings(clock), ...settings });
  link.connect();
  link.deliverAll();
  link.frames.length = 0;
  return { clock, link, client: link.client.session, server: link.server };
}

describe('session.close()', () => {
  it('sends what was accepted, gives the reader what the peer still says, and tells both the code', async () => {
    const { link, client, server, clock } = scene();
    const reading = client.inbox.next();
    await client.send('last');
    await server.send('answer');
    const closing = client.close(4001, 'done');
    await expect(client.send('late')).rejects.toBeInstanceOf(ClosedError);
    link.deliverAll();
    await closing;

    expect(await reading).toEqual({ done: false, value: 'answer' });
    expect(await client.inbox.next()).toMatchObject({ done: true });
    expect(await client.closed).toEqual({ by: 'caller', code: 4001, reason: 'done' });
    expect(await server.inbox.next()).toEqual({ done: false, value: 'last' });
    expect(await server.inbox.next()).toEqual({
      done: true,
      value: { code: 4001, reason: 'done' },
    });
    expect(await server.closed).toEqual({ by: 'peer', code: 4001, reason: 'done' });
    await expect(server.send('late')).rejects.toBeInstanceOf(ClosedError);
    expect(link.isConnected).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on over another connection when the one that it began on breaks', async () => {
    const { link, client, server } = scene();
    await client.send('last');
    const closing = client.close();
    link.drop();
    await settle();
    link.connect();
    link.deliver('toServer');
    link.deliver('toClient');
    link.deliver('toServer');
    link.drop();
    link.connect();
    link.deliverAll();
    await closing;

    expect(await client.closed).toEqual({ by: 'caller', code: 1000, reason: '' });
    expect(await server.closed).toEqual({ by: 'peer', code: 1000, reason: '' });
  });

  it('changes nothing when the peer has begun to close', async () => {
    const { link, client, server } = scene();
    const closing = client.close(4001, 'first');
    link.deliver('toServer');
    const late = server.close(4002, 'second');
    link.deliverAll();
    await Promise.all([closing, late]);

    expect(await server.closed).toEqual({ by: 'peer', code: 4001, reason: 'first' });
    expect(await client.closed).toEqual({ by: 'caller', code: 4001, reason: 'first' });
  });

  it('is over when both sides close at once', async () => {
    const { link, client, server } = scene();
    const closing = Promise.all([client.close(), server.close(1001, 'off')]);
    link.deliverAll();
    await closing;

    expect(await client.closed).toMatchObject({ by: 'caller', code: 1000 });
    expect(await server.closed).toMatchObject({ by: 'caller', code: 1001 });
  });

  it('is clean when the last word was lost, and all messages had come', async () => {
    const { link, client, server, clock } = scene();
    const closing = server.close();
    link.deliver('toClient');
    link.deliver('toServer');
    await closing;
    link.drop();
    // The server is done, and has forgotten the session.
    link.connect();
    link.deliverAll();

    expect(await client.closed).toEqual({ by: 'peer', code: 1000, reason: '' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for closeMs, and says which messages nobody confirmed', async () => {
    const { link, client, clock } = scene();
    await client.send('a');
    link.drop();
    const closing = client.close();
    await clock.advance(4_999);
    expect(client.isOver).toBe(false);
    await clock.advance(1);
    await closing;

    const { by, error } = await client.closed;
    expect(by).toBe('caller');
    expect(error).toBeInstanceOf(SessionLostError);
    expect((error as SessionLostError).unconfirmed).toEqual(['a']);
  });

  it('drops what is not read, when nobody reads', async () => {
    const { link, client, server, clock } = scene({
      maxUnconfirmed: 20,
      maxUnconfirmedBytes: 1_000,
    });
    for (let nth = 0; nth < 20; nth += 1) await server.send(`a message of 20 bytes`);
    link.deliverAll();
    const closing = client.close();
    for (let turns = 0; turns < 40; turns += 1) {
      link.deliverAll();
      await clock.advance(10);
    }
    await closing;

    expect(await client.closed).toEqual({ by: 'caller', code: 1000, reason: '' });
    expect(await server.closed).toEqual({ by: 'peer', code: 1000, reason: '' });
  });

  it('lets the peer send what it has, and read what had come', async () => {
    const { link, client, server, clock } = scene({ maxUnconfirmed: 20 });
    const [ofClient, ofServer] = [new Collector(client), new Collector(server)];
    for (let nth = 0; nth < 10; nth += 1) await server.send(`${nth}`);
    await client.send('a');
    await client.send('b');
    ofClient.read();
    const closing = client.close();
    for (let turns = 0; turns < 40; turns += 1) {
      link.deliver('toServer');
      ofServer.read();
      link.deliver('toClient');
      ofClient.read();
      await clock.advance(10);
    }
    await closing;

    expect(ofServer.messages).toEqual(['a', 'b']);
    expect(ofClient.messages).toEqual(Array.from({ length: 10 }, (_each, nth) => `${nth}`));
    expect(await server.closed).toEqual({ by: 'peer', code: 1000, reason: '' });
  });

  it('is what leaving the loop early does', async () => {
    const { link, client, server } = scene();
    await server.send('a');
    link.deliverAll();
    for await (const message of client.inbox) {
      expect(message).toBe('a');
      break;
    }
    link.deliverAll();
    expect(await client.closed).toMatchObject({ by: 'caller' });
  });

  it('refuses a code that no WebSocket is closed with', async () => {
    const { client } = scene();
    await expect(client.close(1006)).rejects.toBeInstanceOf(ConfigurationError);
    expect(client.isOver).toBe(false);
  });
});
