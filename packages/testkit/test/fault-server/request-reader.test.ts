import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RequestHead, RequestReader } from '../../src/fault-server/request-reader.ts';

interface Read {
  readonly heads: RequestHead[];
  readonly bodies: string[];
  ends: number;
  garbage: number;
}

/** Reads bytes in pieces, each request answered as soon as it is complete. */
function read(text: string, cuts: readonly number[]): Read {
  const seen: Read = { heads: [], bodies: [], ends: 0, garbage: 0 };
  const reader: RequestReader = new RequestReader({
    head: (head) => {
      seen.heads.push(head);
      seen.bodies.push('');
    },
    body: (bytes) => (seen.bodies[seen.bodies.length - 1] += bytes.toString('latin1')),
    end: () => (seen.ends += 1),
    garbage: () => (seen.garbage += 1),
  });
  const bytes = Buffer.from(text, 'latin1');
  const places = [0, ...cuts.map((cut) => cut % bytes.length), bytes.length].toSorted(
    (a, b) => a - b,
  );
  for (let index = 1; index < places.length; index++) {
    reader.push(bytes.subarray(places[index - 1], places[index]));
    for (let ends = 0; ends !== seen.ends;) {
      ends = seen.ends;
      reader.next();
    }
  }
  return seen;
}

const REQUESTS = [
  'GET /a?b=c HTTP/1.1\r\nHost: x\r\nX-Two: 1\r\nx-two: 2\r\n\r\n',
  'POST /b HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello',
  'POST /c HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nB;ext=1\r\nhello world\r\n0\r\ntrailer: 1\r\n\r\n',
  'PUT /d HTTP/1.0\r\ncontent-length: 0\r\n\r\n',
].join('');

describe('RequestReader', () => {
  it('reads requests one after another, in any split', () => {
    const whole = read(REQUESTS, []);

    expect(whole.heads.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'GET /a?b=c',
      'POST /b',
      'POST /c',
      'PUT /d',
    ]);
    expect(whole.heads[0]?.headers).toEqual({ host: 'x', 'x-two': '1, 2' });
    expect(whole).toMatchObject({
      bodies: ['', 'hello', 'abchello world', ''],
      ends: 4,
      garbage: 0,
    });
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 40 }), (cuts) => {
        expect(read(REQUESTS, cuts)).toEqual(whole);
      }),
    );
  });

  it.each([
    ['a TLS handshake', '\u0016\u0003\u0001'],
    ['a request line that is none', 'GET /a b HTTP/1.1\r\n\r\n'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nnonsense\r\n\r\n'],
    ['a chunk without a size', 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    ['a head without an end', `GET / HTTP/1.1\r\nx: ${'x'.repeat(70_000)}`],
  ])('says once that it cannot read %s', (_name, text) => {
    expect(read(`${text}more`, [text.length])).toMatchObject({ garbage: 1, ends: 0 });
  });

  it('holds the next request until the one before is answered', () => {
    const heads: string[] = [];
    const reader: RequestReader = new RequestReader({
      head: ({ target }) => heads.push(target),
      body: () => {},
      end: () => {},
      garbage: () => {},
    });
    reader.push(Buffer.from('GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n'));
    const before = [...heads];
    reader.next();

    expect([before, heads]).toEqual([['/1'], ['/1', '/2']]);
  });

  it('gives what comes behind a request to another protocol', () => {
    const raw: string[] = [];
    const reader: RequestReader = new RequestReader({
      head: () => reader.toRaw((bytes) => raw.push(bytes.toString())),
      body: () => {},
      end: () => {},
      garbage: () => {},
    });
    reader.push(Buffer.from('GET / HTTP/1.1\r\n\r\n\u0016held'));
    reader.push(Buffer.from('later'));

    expect(raw.join('')).toBe('\u0016heldlater');
  });
});
