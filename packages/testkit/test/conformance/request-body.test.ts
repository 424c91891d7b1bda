import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestBody } from '../../src/conformance/http-peer/request-body.ts';

/** Feeds bytes in pieces, and gives the content and what came behind it. */
function read(headers: Readonly<Record<string, string>>, pieces: readonly Buffer[]) {
  const body = new RequestBody(new Map(Object.entries(headers)));
  const content: Buffer[] = [];
  const rest: Buffer[] = [];
  for (const piece of pieces) {
    if (body.isOver) {
      rest.push(piece);
      continue;
    }
    const taken = body.push(piece);
    content.push(...taken.content);
    rest.push(taken.rest);
  }
  return { content: Buffer.concat(content), rest: Buffer.concat(rest), isOver: body.isOver };
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length];
  const ordered = ends.toSorted((a, b) => a - b);
  return ordered.map((end, index) => bytes.subarray(ordered[index - 1] ?? 0, end));
}

const binary = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

describe('RequestBody', () => {
  it('reads chunks in any split, and leaves what is behind them', () => {
    fc.assert(
      fc.property(
        fc.array(binary.filter(({ length }) => length > 0)),
        fc.boolean(),
        binary,
        fc.array(fc.nat()),
        (chunks, hasTrailer, behind, places) => {
          const wire = Buffer.concat([
            ...chunks.flatMap((chunk) => [
              Buffer.from(`${chunk.length.toString(16)}\r\n`),
              chunk,
              Buffer.from('\r\n'),
            ]),
            Buffer.from(hasTrailer ? '0\r\nx-sum: 1\r\n\r\n' : '0\r\n\r\n'),
            behind,
          ]);

          expect(read({ 'transfer-encoding': 'chunked' }, cut(wire, places))).toEqual({
            content: Buffer.concat(chunks),
            rest: behind,
            isOver: true,
          });
        },
      ),
    );
  });

  it('reads as many bytes as were announced, in any split', () => {
    fc.assert(
      fc.property(binary, binary, fc.array(fc.nat()), (content, behind, places) => {
        const pieces = cut(Buffer.concat([content, behind]), places);

        expect(read({ 'content-length': String(content.length) }, pieces)).toEqual({
          content,
          rest: behind,
          isOver: true,
        });
      }),
    );
  });

  it('is over at once where nothing was announced', () => {
    expect(new RequestBody(new Map()).isOver).toBe(true);
  });
});
