import { ManualClock } from '@linkspan/concurrency';
import { ProtocolError } from '@linkspan/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFrame, type SessionFrame, writeFrame } from '../../src/session/session-frame.ts';
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
    [
      'a second hello',
      ['{"session":"0123456789abcdef","resume":false,"last":0,"ack":0,"window":[1,1]}'],
    ],
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

  it('cannot confirm what its window has not let through yet', async () => {
    const clock = new ManualClock();
    const session = new Session<WireMessage>(smallSettings(clock), (each) => each);
    const wire = { bufferedBytes: 0, send: () => {}, close: () => {} };
    session.attach(wire, { last: 0, ack: 0, window: { messages: 1, bytes: 50 } });
    await session.send('sent');
    await session.send('kept');
    session.receive(wire, '{"ack":2}');

    expect((await session.closed).error).toBeInstanceOf(ProtocolError);
    expect(session.undelivered).toEqual({ unconfirmed: ['sent'], unsent: ['kept'] });
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

const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const count = fc.nat(1_000);
const window = fc.record({ messages: id, bytes: id });
const payload = fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array());
const frame: fc.Arbitrary<SessionFrame> = fc.oneof(
  fc.record({ kind: fc.constant('message' as const), id, ack: count, payload }),
  fc.record({ kind: fc.constant('ack' as const), ack: count }),
  fc.record({
    kind: fc.constant('end' as const),
    id,
    ack: count,
    code: fc.integer({ min: 3000, max: 4999 }),
    reason: fc.string({ maxLength: 30, unit: 'grapheme-ascii' }),
  }),
  fc.record({
    kind: fc.constant('hello' as const),
    session: fc.uuid(),
    resume: fc.boolean(),
    last: count,
    ack: count,
    window,
  }),
  fc.record({
    kind: fc.constant('welcome' as const),
    session: fc.uuid(),
    last: count,
    ack: count,
    window,
  }),
);

/** Bytes of whatever class, in a form of their own. */
function plain(each: SessionFrame): object {
  if (each.kind !== 'message' || typeof each.payload === 'string') return each;
  return { ...each, payload: { bytes: [...each.payload] } };
}

describe('a frame', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(frame, (each) => {
        expect(plain(readFrame(writeFrame(each)))).toEqual(plain(each));
      }),
    );
  });

  it('is read, or refused as a breach of the protocol, whatever it is', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.tuple(fc.json(), fc.string()).map(([header, rest]) => `${header}\n${rest}`),
      fc
        .dictionary(
          fc.constantFrom('id', 'ack', 'last', 'window', 'resume', 'session', 'end'),
          fc.jsonValue(),
        )
        .map((header) => JSON.stringify(header)),
    );
    fc.assert(
      fc.property(fc.oneof(text, fc.uint8Array()), (data) => {
        let refusal: unknown;
        try {
          readFrame(data);
        } catch (error) {
          refusal = error;
        }
        expect(refusal === undefined || refusal instanceof ProtocolError).toBe(true);
      }),
    );
  });
});
