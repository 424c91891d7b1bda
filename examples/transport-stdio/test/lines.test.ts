import { describe, expect, it } from 'vitest';
import { lines } from '../src/lines.ts';

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(source: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of source) all.push(line);
  return all;
}

describe('lines()', () => {
  it('gives the same lines in every split, without their ends and without empty ones', async () => {
    const text = 'one\r\ntwo ü🚢\n\n\nthree\nhalf';
    for (let size = 1; size <= Buffer.byteLength(text); size++) {
      // oxlint-disable-next-line no-await-in-loop -- one split after another
      expect(await readAll(lines(pieces(text, size), 100))).toEqual([
        'one',
        'two ü🚢',
        'three',
        'half',
      ]);
    }
  });

  it('fails at a line that is too long, before it has come', async () => {
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('fits\n');
      for (;;) yield Buffer.alloc(10, 'x');
    };
    const seen: string[] = [];
    const reading = (async () => {
      for await (const line of lines(endless(), 100)) seen.push(line);
    })();

    await expect(reading).rejects.toMatchObject({ name: 'MessageTooLargeError' });
    expect(seen).toEqual(['fits']);
  });

  it('takes a line that has exactly the limit', async () => {
    const line = 'x'.repeat(100);

    expect(await readAll(lines(pieces(`${line}\n`, 7), 100))).toEqual([line]);
    await expect(readAll(lines(pieces(`${line}x\n`, 101), 100))).rejects.toThrow(/maxMessageBytes/);
  });
});
