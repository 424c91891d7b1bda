import { GopherAnswer } from '../src/gopher-answer.ts';
import { describe, expect, it } from 'vitest';

/** The body of an answer that comes in chunks of this many bytes. */
async function read(answer: string, size: number = answer.length): Promise<string> {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < answer.length; at += size) yield Buffer.from(answer.slice(at, at + size));
  }
  const body = await new GopherAnswer(chunks()).body();
  return Buffer.concat(await Array.fromAsync(body)).toString();
}

describe('GopherAnswer', () => {
  it.each([
    ['as many bytes as were told', '+5\r\nHello', 'Hello'],
    ['nothing', '+0\r\n', ''],
    ['no more than was told', '+2\r\nHello', 'He'],
    ['lines up to a dot', '+-1\r\nHello\r\nthere\r\n.\r\n', 'Hello\r\nthere\r\n'],
    ['no lines', '+-1\r\n.\r\n', ''],
    ['lines that begin with a dot', '+-1\r\n..\r\n...a\r\n.\r\n', '.\r\n..a\r\n'],
    ['a dot that ends no line', '+-1\r\na.\r\n.\r\n', 'a.\r\n'],
    ['an empty line before the dot', '+-1\r\n\r\n.\r\n', '\r\n'],
  ])('reads %s, whatever the chunks it comes in', async (_what, answer, body) => {
    for (let size = 1; size <= answer.length; size += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one size after another
      expect(await read(answer, size)).toBe(body);
    }
  });

  it.each(['', '+5', '+5\r\nHell', '+-1\r\nHello\r\n', '+-1\r\nHello\r\n.', '+-1\r\nHello\r\n.\r'])(
    'fails %j, which is cut',
    async (answer) => {
      await expect(read(answer)).rejects.toMatchObject({ kind: 'network' });
    },
  );

  it.each(['+-2\r\nHello', 'iHello\r\n', '+x\r\n', `+${'1'.repeat(5_000)}`])(
    'refuses %j, whose end could not be told',
    async (answer) => {
      await expect(read(answer)).rejects.toMatchObject({ kind: 'protocol', phase: 'headers' });
    },
  );

  it.each([
    ['1', 'gopher_unavailable', 'no'],
    ['2', 'gopher_busy', 'yes'],
    ['3', 'gopher_moved', 'no'],
    ['77', 'gopher_refused', 'no'],
  ])('gives the refusal %s as a failure', async (code, name, retryable) => {
    const answer = `--1\r\n${code} <root@example.com>\r\nSorry.\r\n.\r\n`;
    const facts = { kind: 'transport', code: name, retryable, sent: 'yes' };

    await expect(read(answer)).rejects.toMatchObject(facts);
  });
});
