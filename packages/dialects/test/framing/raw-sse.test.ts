import { StreamIncompleteError, type TransportRequest } from '@linkspan/core';
import { createRawSse, rawSse } from '@linkspan/dialects';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOf, post, readAnswer } from '../read-answer.ts';
import { bytesOf } from '../sse-text.ts';

const opened: TransportRequest = {
  operation: 'GET',
  target: '/feed',
  headers: { accept: 'text/event-stream', authorization: 'Bearer x' },
};

/** What a resume would send as the last id. */
const idSent = (lastEventId: string): string | undefined =>
  rawSse.resume?.request(placeOf(opened, undefined, { lastEventId }))?.headers?.['last-event-id'];

describe('resuming rawSse', () => {
  it.each([['/feed?a=1'], ['https://api.example.com/feed']])(
    'repeats the GET of %s with the last id, as EventSource does',
    (target) => {
      const place = placeOf({ ...opened, target }, undefined, { lastEventId: '42' });

      expect(rawSse.resume?.request(place)).toEqual({
        operation: 'GET',
        target,
        headers: { ...opened.headers, 'last-event-id': '42' },
        idempotent: true,
      });
      expect(rawSse.resume).toMatchObject({ sends: 'rest', ids: 'opaque', endStatuses: [204] });
    },
  );

  it('replaces the id that an earlier one has sent', () => {
    const again = { ...opened, headers: { 'last-event-id': '1' } };
    const place = placeOf(again, undefined, { lastEventId: '2' });

    expect(rawSse.resume?.request(place)?.headers).toEqual({ 'last-event-id': '2' });
  });

  it('never repeats a request that is not a GET, or that carries something', () => {
    const bytes = new Uint8Array(1);
    const requests = [
      post('/feed', {}),
      { ...opened, operation: 'PUT' },
      { ...opened, payload: { kind: 'bytes', bytes } as const },
    ];

    for (const request of requests) {
      const place = placeOf(request, undefined, { lastEventId: '42' });

      expect(rawSse.resume?.request(place)).toBeUndefined();
    }
  });

  it('sends any id that is a safe value of a header, as its UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (id) => {
        const sent = idSent(id);
        const isSafe =
          id !== '' &&
          !/[\p{Cc}\p{Cs}]/u.test(id) &&
          id === id.replace(/^ | $/g, '') &&
          bytesOf(id).length <= 1024;

        expect(sent !== undefined).toBe(isSafe);
        expect(sent ?? '').toMatch(/^[\u{20}-\u{7e}\u{80}-\u{ff}]{0,1024}$/u);
        const bytes = Uint8Array.from(sent ?? '', (unit) => unit.charCodeAt(0));
        expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)).toBe(isSafe ? id : '');
      }),
      { numRuns: 500, seed: 3 },
    );
    expect(idSent('a\u{2028}b')).toBe('a\u{e2}\u{80}\u{a8}b');
  });

  it('refuses an id with a control character, wherever it stands', () => {
    const controls = [...Array.from({ length: 32 }, (_, code) => code), 0x7f, 0x85];

    for (const code of controls) {
      const control = String.fromCharCode(code);

      expect([idSent(`a${control}b`), idSent(`${control}a`), idSent(`a${control}`)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  it('refuses an id that is too long, not whole, or would lose its ends', () => {
    expect(idSent('x'.repeat(1024))).toHaveLength(1024);
    expect(idSent('x'.repeat(1025))).toBeUndefined();
    expect(idSent('é'.repeat(513))).toBeUndefined();
    expect(idSent('a\u{d800}b')).toBeUndefined();
    expect([idSent(''), idSent(' a'), idSent('a ')]).toEqual([undefined, undefined, undefined]);
  });
});

describe('createRawSse({ endsAtEof: false })', () => {
  it('takes the end of the bytes for a pause, of which the stream is never complete', async () => {
    const feed = createRawSse({ endsAtEof: false });

    const { events, error, outcome } = await readAnswer(feed, bytesOf('id: 1\ndata: x\n\n'));

    expect(events).toEqual([{ type: 'message', data: 'x', id: '1' }]);
    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(outcome).toMatchObject({ status: 'incomplete', lastEventId: '1' });
  });

  it('names an option that it does not know', () => {
    expect(() => createRawSse({ endAtEof: false } as never)).toThrow(/endAtEof/);
  });
});
