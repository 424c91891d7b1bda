import { ManualClock } from '@linkspan/concurrency';
import { ConfigurationError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { SessionLostError } from '../../src/session/session-lost-error.ts';
import { writeFrame } from '../../src/session/session-frame.ts';
import type { SessionWire } from '../../src/session/session-wire.ts';
import { Session } from '../../src/session/session.ts';
import type { WireMessage } from '../../src/wire/inbox.ts';
import { smallSettings } from './lossy-link.ts';

/** One side of a session, whose peer says what the test says. */
function scene() {
  const clock = new ManualClock();
  const session = new Session<WireMessage>(smallSettings(clock), (message) => message);
  const closed: number[] = [];
  const wire: SessionWire = {
    bufferedBytes: 0,
    send: () => {},
    close: ({ code }) => closed.push(code),
  };
  session.attach(wire, { last: 0, ack: 0, window: { messages: 100, bytes: 10_000 } });
  let id = 0;
  return {
    clock,
    session,
    closed,
    wire,
    say: (payload: string, ack: number): void => {
      id += 1;
      session.receive(wire, writeFrame({ kind: 'message', id, ack, payload }));
    },
    endSide: (ack: number): void => {
      id += 1;
      session.receive(wire, writeFrame({ kind: 'end', id, ack, code: 1000, reason: 'done' }));
    },
  };
}

describe('session.end()', () => {
  it('goes on listening as long as the peer goes on talking, and gives all of it', async () => {
    const { clock, session, say, endSide, closed } = scene();
    await session.send('question');
    session.end();
    const heard: unknown[] = [];
    for (const part of ['a', 'b', 'c']) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await clock.advance(4_000);
      say(part, 1);
      // oxlint-disable-next-line no-await-in-loop -- as above
      heard.push((await session.inbox.next()).value);
    }
    endSide(2);

    expect(heard).toEqual(['a', 'b', 'c']);
    expect(await session.inbox.next()).toEqual({
      done: true,
      value: { code: 1000, reason: 'done' },
    });
    // It confirms our end, and its own is answered with none: ours has been said.
    expect(await session.closed).toEqual({ by: 'caller', code: 1000, reason: '' });
    expect(closed).toEqual([1000]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives what was said before anybody read, and waits for a slow reader', async () => {
    const { clock, session, say, endSide } = scene();
    session.end();
    say('unread', 1);
    await clock.advance(60_000);
    expect(session.isOver).toBe(false);
    endSide(1);

    expect((await session.inbox.next()).value).toBe('unread');
    expect(await session.inbox.next()).toMatchObject({ done: true });
  });

  it('fails when the peer is silent for closeMs and has not ended its side', async () => {
    const { clock, session, closed } = scene();
    await session.send('question');
    session.end();
    await clock.advance(5_000);

    await expect(session.inbox.next()).rejects.toBeInstanceOf(SessionLostError);
    expect(await session.closed).toMatchObject({ by: 'failure' });
    expect(closed).toEqual([4410]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails when the session is lost in the middle of what the peer says', async () => {
    const { session, say } = scene();
    session.end();
    say('half', 1);
    session.lose('the peer no longer has it');

    expect((await session.inbox.next()).value).toBe('half');
    await expect(session.inbox.next()).rejects.toBeInstanceOf(SessionLostError);
  });

  it('waits for another connection as long as one is made', async () => {
    const { clock, session, wire } = scene();
    session.end();
    session.detach(wire);
    await clock.advance(60_000);

    expect(session.isOver).toBe(false);
    session.lose('no other connection could be made');
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses a code that a WebSocket cannot be closed with', () => {
    const { session } = scene();
    expect(() => session.end(1005)).toThrow(ConfigurationError);
  });
});
