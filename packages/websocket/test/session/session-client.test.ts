import { ManualClock } from '@linkspan/concurrency';
import { ProtocolError, TimeoutError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { LossyLink, smallSettings } from './lossy-link.ts';

function scene() {
  const clock = new ManualClock();
  const link = new LossyLink(smallSettings(clock));
  link.connect();
  link.deliverAll();
  return { link, client: link.client.session };
}

describe('a client', () => {
  it('is ready when the server goes on with its session', async () => {
    const clock = new ManualClock();
    const link = new LossyLink(smallSettings(clock));
    const connection = link.connect();
    link.deliverAll();
    await connection?.ready;
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps what it is to send until it is connected for the first time', async () => {
    const clock = new ManualClock();
    const link = new LossyLink(smallSettings(clock));
    await link.client.session.send('early');
    link.connect();
    link.deliverAll();
    expect(await link.server.inbox.next()).toMatchObject({ value: 'early' });
  });

  it('waits handshakeMs for a welcome, and may try another connection then', async () => {
    const clock = new ManualClock();
    const link = new LossyLink(smallSettings(clock));
    const connection = link.connect();
    const ready = connection?.ready.catch((error: unknown) => error);
    await clock.advance(10_000);

    expect(await ready).toBeInstanceOf(TimeoutError);
    expect(await ready).toMatchObject({ clock: 'handshakeMs', code: 'ws_session_handshake' });
    expect(link.client.session.isOver).toBe(false);
  });

  it('fails for good with a peer that speaks of something else', async () => {
    const clock = new ManualClock();
    const link = new LossyLink(smallSettings(clock));
    const connection = link.connect();
    connection?.receive('{"type":"connection_ack"}');

    await expect(connection?.ready).rejects.toBeInstanceOf(ProtocolError);
    expect((await link.client.session.closed).error).toBeInstanceOf(ProtocolError);
  });

  it('fails for good with a server that goes on with another session', async () => {
    const { link, client } = scene();
    link.drop();
    link.connect()?.receive('{"session":"0123456789abcdef","last":0,"ack":0,"window":[1,1]}');
    expect((await client.closed).error).toMatchObject({
      message: expect.stringContaining('it goes on with another session'),
    });
  });

  it('says whether another connection can go on', () => {
    const { link } = scene();
    const verdicts = [1000, 1001, 1006, 4410].map((code) => {
      const connection = link.client.begin(
        { bufferedBytes: 0, send: () => {}, close: () => {} },
        'ws://peer',
      );
      return connection.end({ code, reason: '' });
    });
    expect(verdicts).toEqual([true, true, true, false]);
  });
});
