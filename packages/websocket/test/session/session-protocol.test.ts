import { ManualClock } from '@linkspan/concurrency';
import { ProtocolError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { Session } from '../../src/session/session.ts';
import type { WireMessage } from '../../src/wire/inbox.ts';
import { Collector, smallSettings } from './lossy-link.ts';

const settle = (): Promise<void> => new ManualClock().advance(0);

describe('a peer that breaks the protocol', () => {
  const message = (id: number, ack = 0): string => `{"id":${id},"ack":${ack}}\nx`;
  it.each([
    ['an id that jumps', [message(2)]],
    ['an acknowledgement of what was never sent', ['{"ack":2}']],
    ['an acknowledgement that goes back', ['{"ack":1}', '{"ack":0}']],
    ['more messages than the window', [1, 2, 3, 4, 5].map((id) => message(id))],
    ['more bytes than the window', [`{"id":1,"ack":0}\n${'x'.repeat(50)}`, message(2)]],
    ['a message behind the end', ['{"id":1,"ack":0,"end":[1000,""]}', message(2)]],
    ['a second hello', ['{"resume":null,"last":0,"ack":0,"window":[1,1]}']],
    ['no JSON', ['hello']],
    ['a header that is no object', ['[1]']],
    ['a header without end', ['{"ack":1,"x":"' + 'y'.repeat(2_000)]],
    ['an id of 0', [message(0)]],
    ['an id that is no safe integer', [message(2 ** 53)]],
    ['an id without a message', ['{"id":1,"ack":0}']],
    ['a code that no WebSocket is closed with', ['{"id":1,"ack":0,"end":[1006,""]}']],
    ['bytes without a header', [new Uint8Array(2_000)]],
    ['a header that is not UTF-8', [new Uint8Array([0xff, 10, 1])]],
  ])('is refused with 1002: %s', async (_what, frames) => {
    const clock = new ManualClock();
    const session = new Session<WireMessage>(smallSettings(clock), (each) => each);
    const closed: unknown[] = [];
    const wire = {
      bufferedBytes: 0,
      send: () => {},
      close: (reason: object) => closed.push(reason),
    };
    session.attach(wire, { last: 0, ack: 0, window: { messages: 4, bytes: 50 } });
    await session.send('ours');
    frames.forEach((frame) => session.receive(wire, frame));

    const { by, error } = await session.closed;
    expect({ by, closed }).toEqual({ by: 'failure', closed: [{ code: 1002, reason: '' }] });
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code: 'ws_session_protocol' });
    expect((error as Error).message).toMatch(
      /^Cannot go on with the session: the peer broke its protocol: /,
    );
    expect(clock.pendingTimers).toBe(0);
  });

  it('may send a message again, which is dropped', async () => {
    const clock = new ManualClock();
    const session = new Session<WireMessage>(smallSettings(clock), (each) => each);
    const wire = { bufferedBytes: 0, send: () => {}, close: () => {} };
    session.attach(wire, { last: 0, ack: 0, window: { messages: 4, bytes: 50 } });
    [1, 1, 2, 1].forEach((id) =>
      session.receive(wire, `{"id":${id},"ack":0,"later":true}\nm${id}`),
    );
    const reader = new Collector(session);
    for (let turns = 0; turns < 4; turns += 1) {
      reader.read();
      await settle();
    }
    expect(reader.messages).toEqual(['m1', 'm2']);
  });
});
