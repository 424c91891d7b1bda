import { ManualClock } from '@linkspan/concurrency';
import { ProtocolError, StreamGapError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { SessionLostError } from '../../src/session/session-lost-error.ts';
import type { HostSettings } from '../../src/session/session-host.ts';
import { LossyLink, smallSettings } from './lossy-link.ts';

function scene(settings: Partial<HostSettings> = {}) {
  const clock = new ManualClock();
  const link = new LossyLink({ ...smallSettings(clock), ...settings });
  link.connect();
  link.deliverAll();
  return { clock, link, client: link.client.session, server: link.server };
}

describe('a session that is gone', () => {
  it('is told to the client, with what nobody confirmed', async () => {
    const { clock, link, client, server } = scene();
    await client.send('a');
    await client.send(new Uint8Array([1]));
    link.drop();
    await clock.advance(60_000);
    link.connect();
    link.deliverAll();

    const { by, error } = await client.closed;
    expect(by).toBe('failure');
    expect(error).toBeInstanceOf(SessionLostError);
    expect(error).toBeInstanceOf(StreamGapError);
    expect(error).toMatchObject({ kind: 'stream-gap', sent: 'maybe', unconfirmedCount: 2 });
    expect((error as SessionLostError).unconfirmed).toEqual(['a', new Uint8Array([1])]);
    expect((error as Error).message).toBe(
      'Cannot go on with the session: the peer no longer has it; of our messages 2 were not confirmed, and 0 not sent',
    );
    expect(JSON.stringify(error)).not.toContain('"a"');
    await expect(client.inbox.next()).rejects.toBe(error);
    expect((await server.closed).error).toMatchObject({
      message:
        'Cannot go on with the session: the client did not come back within 60 s (graceMs); all messages of ours were confirmed',
      sent: 'yes',
    });
    expect(link.host.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is not gone while its client may come back', async () => {
    const { clock, link, client, server } = scene();
    link.drop();
    await clock.advance(59_999);
    await server.send('a');
    link.connect();
    link.deliverAll();
    await clock.advance(60_000);

    expect(await client.inbox.next()).toMatchObject({ value: 'a' });
    expect(server.isOver).toBe(false);
  });

  it('is told to those who wait to send', async () => {
    const { clock, link, server } = scene();
    const sent = await Promise.allSettled([
      ...[1, 2, 3, 4, 5].map((nth) => server.send(`${nth}`)),
      (link.drop(), Promise.race([server.send('waits'), clock.advance(60_000)])),
    ]);
    expect(sent.map(({ status }) => status)).toEqual([
      ...Array<string>(5).fill('fulfilled'),
      'rejected',
    ]);
  });
});

describe('a host', () => {
  it('lets the newest connection go on, and hears no more of the other', async () => {
    const { clock, link, client, server } = scene();
    await client.send('a');
    // The server does not know yet that the old connection is dead.
    const frames: unknown[] = [];
    const closes: unknown[] = [];
    const wire = {
      bufferedBytes: 0,
      send: (frame: unknown) => frames.push(frame),
      close: (reason: unknown) => closes.push(reason),
    };
    const [id] = link.frames.flatMap(
      (frame) => /"session":"([^"]+)"/.exec(String(frame))?.[1] ?? [],
    );
    const second = link.host.begin({ wire, owner: undefined, facts: undefined });
    second.receive(`{"session":"${id}","resume":true,"last":0,"ack":0,"window":[4,50]}`);
    link.deliverAll();

    expect(link.isConnected).toBe(false);
    expect((await client.closed).error).toMatchObject({
      message: expect.stringContaining('another connection goes on with it'),
    });
    expect(server.isAttached).toBe(true);
    second.receive('{"id":1,"ack":0}\nb');
    expect(await server.inbox.next()).toMatchObject({ value: 'b' });
    // The end of the other one is no end of this one.
    await clock.advance(60_000);
    expect(server.isOver).toBe(false);
  });

  it('takes a hello that is said again, because its welcome was lost, for the same session', async () => {
    const clock = new ManualClock();
    const link = new LossyLink(smallSettings(clock));
    link.connect();
    link.deliver('toServer');
    await link.server.send('greeting');
    link.drop();
    link.connect();
    link.deliverAll();

    expect(await link.client.session.inbox.next()).toMatchObject({ value: 'greeting' });
    expect(link.sessions).toHaveLength(1);
    expect(link.host.size).toBe(1);
  });

  it('gives a session to nobody but its owner', async () => {
    const clock = new ManualClock();
    const link = new LossyLink(smallSettings(clock));
    link.connect('alice');
    link.deliverAll();
    await link.client.session.send('a');
    link.drop();
    link.connect('mallory');
    link.deliverAll();

    expect((await link.client.session.closed).error).toBeInstanceOf(SessionLostError);
    expect(link.server.isOver).toBe(false);
  });

  it('makes room by losing the session that has been without a connection for longest', async () => {
    const { clock, link } = scene({ maxSessions: 2 });
    link.drop();
    const others = [1, 2].map((nth) => {
      const closes: { readonly code: number }[] = [];
      const wire = {
        bufferedBytes: 0,
        send: () => {},
        close: (reason: { readonly code: number }) => closes.push(reason),
      };
      link.host
        .begin({ wire, owner: undefined, facts: undefined })
        .receive(
          `{"session":"0123456789abcde${nth}","resume":false,"last":0,"ack":0,"window":[4,50]}`,
        );
      return closes;
    });
    expect(others).toEqual([[], []]);
    expect((await link.server.closed).error).toMatchObject({
      message: expect.stringContaining('made room for others'),
    });
    expect(link.host.size).toBe(2);

    link.connect();
    link.deliverAll();
    expect((await link.client.session.closed).error).toBeInstanceOf(SessionLostError);
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses a newcomer with 1013 when every session has its connection', async () => {
    const { clock } = scene();
    const link = new LossyLink({ ...smallSettings(clock), maxSessions: 1 });
    link.connect();
    link.deliverAll();
    const closes: unknown[] = [];
    link.host
      .begin({
        wire: { bufferedBytes: 0, send: () => {}, close: (reason) => closes.push(reason) },
        owner: undefined,
        facts: undefined,
      })
      .receive('{"session":"0123456789abcdef","resume":false,"last":0,"ack":0,"window":[4,50]}');

    expect(closes).toEqual([{ code: 1013, reason: 'there are too many sessions' }]);
  });

  it.each([
    ['what is no hello', '{"ack":0}', 1002],
    [
      'an id of a session as long as a message',
      `{"session":"${'x'.repeat(129)}","resume":true,"last":0,"ack":0,"window":[1,1]}`,
      1002,
    ],
    ['a hello of a megabyte', `{"session":"${'x'.repeat(1_000_000)}","resume":false}`, 1002],
    [
      'a new session that does not begin with 0',
      '{"session":"0123456789abcdef","resume":false,"last":5,"ack":5,"window":[1,1]}',
      1002,
    ],
    [
      'more read than received',
      '{"session":"0123456789abcdef","resume":false,"last":0,"ack":5,"window":[1,1]}',
      1002,
    ],
    [
      'a window of nothing',
      '{"session":"0123456789abcdef","resume":false,"last":0,"ack":0,"window":[0,1]}',
      1002,
    ],
    [
      'a session that nobody knows',
      '{"session":"0123456789abcdef","resume":true,"last":0,"ack":0,"window":[1,1]}',
      4410,
    ],
  ])('closes for %s', (_what, hello, code) => {
    const clock = new ManualClock();
    const link = new LossyLink(smallSettings(clock));
    const closes: { readonly code: number }[] = [];
    const listener = link.host.begin({
      wire: { bufferedBytes: 0, send: () => {}, close: (reason) => closes.push(reason) },
      owner: undefined,
      facts: undefined,
    });
    listener.receive(hello);
    listener.receive(
      '{"session":"0123456789abcdef","resume":false,"last":0,"ack":0,"window":[1,1]}',
    );

    expect(closes.map((reason) => reason.code)).toEqual([code]);
    expect(link.sessions).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['has received what was never sent', '"last":7,"ack":0'],
    ['has read what was never sent', '"last":7,"ack":7'],
  ])('ends the session of a client that %s', async (_what, place) => {
    const { link, server } = scene();
    const [id] = link.frames.flatMap(
      (frame) => /"session":"([^"]+)"/.exec(String(frame))?.[1] ?? [],
    );
    link.drop();
    const closes: { readonly code: number }[] = [];
    link.host
      .begin({
        wire: { bufferedBytes: 0, send: () => {}, close: (reason) => closes.push(reason) },
        owner: undefined,
        facts: undefined,
      })
      .receive(`{"session":"${id}","resume":true,${place},"window":[4,50]}`);

    expect((await server.closed).error).toBeInstanceOf(ProtocolError);
    expect(closes.map(({ code }) => code)).toEqual([1002]);
  });

  it('closes a connection on which no hello comes in time', async () => {
    const clock = new ManualClock();
    const link = new LossyLink(smallSettings(clock));
    const closes: unknown[] = [];
    link.host.begin({
      wire: { bufferedBytes: 0, send: () => {}, close: (reason) => closes.push(reason) },
      owner: undefined,
      facts: undefined,
    });
    await clock.advance(10_000);
    expect(closes).toEqual([{ code: 1002, reason: 'no hello came' }]);
  });

  it.each([1002, 4410])('ends a session at once whose client has closed with %i', async (code) => {
    const { link, server } = scene();
    link.drop(code);
    expect((await server.closed).error).toBeInstanceOf(SessionLostError);
  });

  it('ends every session when it closes, also those whose client is away', async () => {
    const { clock, link, client } = scene();
    const closing = link.host.close(1001, 'off');
    link.deliverAll();
    await closing;
    expect(await client.closed).toEqual({ by: 'peer', code: 1001, reason: 'off' });

    const other = new LossyLink(smallSettings(clock));
    other.connect();
    other.deliverAll();
    other.drop();
    const late = other.host.close(1001, 'off');
    await clock.advance(5_000);
    await late;
    expect(other.host.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
