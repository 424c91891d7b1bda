import { ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import type { WireMessage } from '../../src/wire/inbox.ts';
import type { HostSettings } from '../../src/session/session-host.ts';
import { Session } from '../../src/session/session.ts';
import { Collector, LossyLink, shown, smallSettings } from './lossy-link.ts';

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

describe('what is on the wire', () => {
  it('begins with a hello and a welcome, and goes on where the two sides are', async () => {
    const clock = new ManualClock();
    const link = new LossyLink(smallSettings(clock));
    link.connect();
    link.deliverAll();
    const { session: id } = JSON.parse(shown(link.frames[0]!)) as { session: string };
    expect(link.frames.map(shown)).toEqual([
      `{"session":"${id}","resume":false,"last":0,"ack":0,"window":[4,50]}`,
      `{"session":"${id}","last":0,"ack":0,"window":[4,50]}`,
    ]);
    expect(id.length).toBeGreaterThanOrEqual(32);

    await link.client.session.send('a');
    await link.client.session.send('b');
    await link.client.session.send('c');
    await link.server.send('x');
    link.deliver('toServer', 2);
    await link.server.inbox.next();
    link.drop();
    link.frames.length = 0;
    link.connect();
    link.deliverAll();

    expect(link.frames.map(shown)).toEqual([
      `{"session":"${id}","resume":true,"last":0,"ack":0,"window":[4,50]}`,
      `{"session":"${id}","last":2,"ack":1,"window":[4,50]}`,
      '{"id":1,"ack":1}\nx',
      '{"id":3,"ack":0}\nc',
    ]);
  });

  it('carries text in text frames and bytes in binary ones, unchanged', async () => {
    const { link, client, server } = scene();
    link.drop();
    const bytes = new Uint8Array([0, 10, 255]);
    await client.send('zwei\nZeilen é\u0000');
    await client.send(bytes);
    // What the caller does with its bytes later does not change what is sent.
    bytes.fill(7);
    await client.send('');
    link.connect();
    link.deliverAll();

    expect(link.frames.slice(2).map((frame) => typeof frame)).toEqual([
      'string',
      'object',
      'string',
    ]);
    expect((await server.inbox.next()).value).toBe('zwei\nZeilen é\u0000');
    expect([...((await server.inbox.next()).value as Uint8Array)]).toEqual([0, 10, 255]);
    expect((await server.inbox.next()).value).toBe('');
  });

  it('acknowledges with the next message, or alone after ackMs, or at once at half of the window', async () => {
    const { link, client, server, clock } = scene();
    await client.send('a');
    link.deliverAll();
    await server.inbox.next();
    await server.send('b');
    expect(shown(link.frames[1]!)).toBe('{"id":1,"ack":1}\nb');
    await clock.advance(10);
    expect(link.frames).toHaveLength(2);

    await client.send('c');
    link.deliverAll();
    await server.inbox.next();
    await clock.advance(9);
    expect(link.frames).toHaveLength(3);
    await clock.advance(1);
    expect(shown(link.frames[3]!)).toBe('{"ack":2}');

    await client.send('d');
    await client.send('e');
    link.deliverAll();
    await server.inbox.next();
    await server.inbox.next();
    expect(shown(link.frames[6]!)).toBe('{"ack":4}');
    link.deliverAll();
    expect(client.unconfirmedCount).toBe(0);
  });

  it('acknowledges what was read between the hello and the welcome', async () => {
    const { link, client, server, clock } = scene();
    await server.send('a');
    link.deliverAll();
    link.drop();
    link.connect();
    await client.inbox.next();
    link.deliverAll();
    await clock.advance(10);
    link.deliverAll();

    expect(server.unconfirmedCount).toBe(0);
  });
});

describe('a slow reader', () => {
  it('makes the sender wait, and what it has not read stays within its window', async () => {
    const { link, client, server, clock } = scene();
    let accepted = 0;
    const sending = (async () => {
      for (let nth = 0; nth < 20; nth += 1) {
        await client.send(`${nth}`);
        accepted += 1;
      }
    })();
    await settle();
    link.deliverAll();
    await settle();
    expect(accepted).toBe(5);
    expect(link.frames).toHaveLength(4);

    const reader = new Collector(server);
    for (let turns = 0; turns < 60; turns += 1) {
      reader.read();
      await clock.advance(10);
      link.deliverAll();
    }
    await sending;
    expect(reader.messages).toEqual(Array.from({ length: 20 }, (_each, nth) => `${nth}`));
  });

  it('lets a message wait that its sender takes back', async () => {
    const { client } = scene();
    for (let nth = 0; nth < 5; nth += 1) await client.send('x');
    const controller = new AbortController();
    const waiting = client.send('y', controller.signal);
    controller.abort('enough');

    await expect(waiting).rejects.toBe('enough');
    await expect(client.send('z', controller.signal)).rejects.toBe('enough');
    expect(client.unconfirmedCount).toBe(5);
  });

  it('does not keep acknowledgements back from the other direction', async () => {
    const { link, client, server, clock } = scene();
    for (let nth = 0; nth < 4; nth += 1) await server.send('unread');
    link.deliverAll();
    const reader = new Collector(server);
    for (let nth = 0; nth < 12; nth += 1) {
      await client.send(`${nth}`);
      link.deliverAll();
      reader.read();
      await clock.advance(10);
      link.deliverAll();
    }
    expect(reader.messages).toHaveLength(12);
  });

  it('piles no acknowledgements up for a peer that reads nothing', async () => {
    const clock = new ManualClock();
    const session = new Session<WireMessage>(smallSettings(clock), (message) => message);
    const frames: WireMessage[] = [];
    const wire = {
      bufferedBytes: 10_000_000,
      send: (frame: WireMessage) => frames.push(frame),
      close: () => {},
    };
    session.attach(wire, { last: 0, ack: 0, window: { messages: 4, bytes: 50 } });
    session.receive(wire, '{"id":1,"ack":0}\na');
    session.receive(wire, '{"id":2,"ack":0}\nb');
    await session.inbox.next();
    await session.inbox.next();
    await clock.advance(100);
    expect(frames).toEqual([]);

    wire.bufferedBytes = 0;
    await clock.advance(10);
    expect(frames).toEqual(['{"ack":2}']);
  });
});
