import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { skipContinue } from '../../src/pool/skip-continue.ts';

const CONTINUE = 'HTTP/1.1 100 Continue\r\nx: y\r\n\r\n';
const ANSWER = 'HTTP/1.1 200 OK\r\n\r\n';

/** What a parser is given of these pieces, that asks for an answer until it has seen the start of one. */
function readThrough(pieces: readonly string[], awaits = true): string[] {
  const stream = new Readable({ read: () => {} });
  let awaitsHead = awaits;
  skipContinue(stream as Socket, () => awaitsHead);
  const seen: string[] = [];
  for (const piece of pieces) {
    stream.push(piece);
    const chunk: unknown = stream.read();
    if (chunk === null) continue;
    awaitsHead = false;
    seen.push(String(chunk));
  }
  return seen;
}

describe('skipContinue()', () => {
  it.each([
    ['alone', [CONTINUE, ANSWER], [ANSWER]],
    ['with the answer behind it', [CONTINUE + ANSWER], [ANSWER]],
    ['several times', [CONTINUE + CONTINUE, CONTINUE, ANSWER], [ANSWER]],
    [
      'with the start of the answer',
      [CONTINUE + ANSWER.slice(0, 5), ANSWER.slice(5)],
      [ANSWER.slice(0, 5), ANSWER.slice(5)],
    ],
    ['not at all', [ANSWER], [ANSWER]],
  ])('reads past a 100 %s', (_name, pieces, given) => {
    expect(readThrough(pieces)).toEqual(given);
  });

  it('reads past a 100 that comes in pieces, cut anywhere behind its status', () => {
    for (let cut = 12; cut < CONTINUE.length; cut++) {
      const pieces = [CONTINUE.slice(0, cut), CONTINUE.slice(cut) + ANSWER];
      expect(readThrough(pieces)).toEqual([ANSWER]);
    }
  });

  it('gives what looks like one in a body', () => {
    expect(readThrough([CONTINUE], false)).toEqual([CONTINUE]);
    expect(readThrough([ANSWER, CONTINUE])).toEqual([ANSWER, CONTINUE]);
  });

  it('gives the parser what is none, is too long, or comes too often', () => {
    const flood = Array.from({ length: 33 }, () => CONTINUE);
    const long = `HTTP/1.1 100 ${'x'.repeat(17_000)}`;

    expect(readThrough(['HTTP/1.1 103 Early\r\n\r\n'])).toEqual(['HTTP/1.1 103 Early\r\n\r\n']);
    expect(readThrough([long])).toEqual([long]);
    expect(readThrough(flood)).toEqual([CONTINUE]);
  });

  it('counts anew for the next answer', () => {
    const stream = new Readable({ read: () => {} });
    skipContinue(stream as Socket, () => true);
    const answers = Array.from({ length: 40 }, () => {
      stream.push(CONTINUE + ANSWER);
      return String(stream.read());
    });

    expect(answers).toEqual(Array.from({ length: 40 }, () => ANSWER));
  });

  it('takes nothing from a stream that looks for itself', () => {
    const stream = new Readable({ read: () => {} });
    skipContinue(stream as Socket, () => true);
    stream.push(ANSWER);

    expect(stream.read(0)).toBeNull();
    expect(String(stream.read())).toBe(ANSWER);
  });
});
