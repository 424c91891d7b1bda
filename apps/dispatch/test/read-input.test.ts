import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../src/command-line/usage-error.ts';
import { parseInput, readInput } from '../src/input/read-input.ts';
import { temporaryFolder } from './temporary-folder.ts';

const chat = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };

function parse(...lines: readonly (string | object)[]): ReturnType<typeof parseInput> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  return parseInput('rows.jsonl', Buffer.from(text.join('\n')));
}

function problemsOf(...lines: readonly (string | object)[]): string[] {
  try {
    parse(...lines);
  } catch (error) {
    if (error instanceof UsageError) return error.message.split('\n  ');
    throw error;
  }
  return [];
}

describe('readInput()', () => {
  it('reads the rows of every kind, with their defaults', () => {
    const rows = parse(
      { id: 'a', kind: 'json', path: '/v1/x' },
      { id: 'b', kind: 'json', path: '/v1/x', body: { y: 1 }, idempotent: true },
      { id: 'c', kind: 'chat', body: chat },
      { id: 'd', kind: 'agent', agent: 'purser', prompt: 'Hello' },
      { id: 'e', kind: 'agent', agent: 'purser', prompt: ['Hello', 'Bye'], dialect: 'ndjson' },
      { id: 'f', kind: 'web-socket', method: 'find', params: [7], idempotent: true },
      { id: 'g', kind: 'openai-sdk', chat: { ...chat, maxTokens: 9 } },
    );

    expect(rows).toMatchObject([
      { id: 'a', kind: 'json', method: 'GET', path: '/v1/x' },
      { id: 'b', kind: 'json', method: 'POST', body: { y: 1 }, idempotent: true },
      { id: 'c', kind: 'chat', body: chat },
      { id: 'd', kind: 'agent', prompts: ['Hello'], dialect: 'synapse' },
      { id: 'e', kind: 'agent', prompts: ['Hello', 'Bye'], dialect: 'ndjson' },
      { id: 'f', kind: 'web-socket', method: 'find', params: [7], idempotent: true },
      { id: 'g', kind: 'openai-sdk', chat: { ...chat, maxTokens: 9 } },
    ]);
  });

  it('takes the lines of an OpenAI batch file as chat rows', () => {
    const line = { custom_id: 'q1', method: 'POST', url: '/v1/chat/completions', body: chat };

    expect(parse(line)).toMatchObject([{ id: 'q1', kind: 'chat', body: chat }]);
    expect(problemsOf({ ...line, url: '/v1/embeddings' })[1]).toContain('/v1/embeddings');
  });

  it('skips blank lines, and takes a byte order mark, CRLF and a last line without its end', () => {
    const row = JSON.stringify({ id: 'a', kind: 'json', path: '/' });
    const other = JSON.stringify({ id: 'b', kind: 'json', path: '/' });
    const bytes = Buffer.from(`\ufeff${row}\r\n\r\n   \n${other}`);

    expect(parseInput('rows.jsonl', bytes).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('ends no line at the other line ends of Unicode, which JSON text may hold', () => {
    const [row] = parse(`{"id":"a","kind":"agent","agent":"x","prompt":"one\u2028two"}`);

    expect(row).toMatchObject({ prompts: ['one\u2028two'] });
  });

  it('tells every problem with its line before anything is sent', () => {
    const problems = problemsOf(
      { id: 'a', kind: 'chat', body: {} },
      '',
      { id: 'a', kind: 'jsn' },
      { kind: 'agent', agent: 'x', prompt: [], promt: 'Hello' },
      'nope',
      '[1]',
      { id: 'p', kind: 'json', path: '//evil.example/' },
    );

    expect(problems[0]).toBe('Cannot use the input rows.jsonl: 9 problems, nothing was sent');
    expect(problems.slice(1)).toEqual([
      'line 1: body: expected an object with "model" (text) and "messages" (at least one), found {}',
      'line 3: kind: expected one of "json", "chat", "messages", "agent", "vercel-ui", "ag-ui", "web-socket", "openai-sdk", "anthropic-sdk", found "jsn"',
      'line 3: id: expected one of its own, found "a", the id of line 1',
      expect.stringContaining('line 4: id: expected 1 to 128 printable ASCII characters'),
      'line 4: prompt: expected text, or a list of texts, found []',
      expect.stringMatching(/^line 4: promt: expected one of id, kind, agent, .*, found "promt"$/),
      expect.stringMatching(/^line 5: not JSON: /),
      'line 6: expected an object, found [1]',
      expect.stringContaining('line 7: path: expected a path that begins with one "/"'),
    ]);
  });

  it('refuses a chat in the words of a provider, whose fields would be left out', () => {
    const row = { id: 'a', kind: 'anthropic-sdk', chat: { ...chat, max_tokens: 9 } };

    expect(problemsOf(row)[1]).toMatch(/^line 1: chat: expected .*maxTokens.*, found \{"model"/);
  });

  it('refuses parameters of a call that are neither named nor in order', () => {
    const row = { id: 'a', kind: 'web-socket', method: 'find', params: 7 };

    expect(problemsOf(row)[1]).toBe('line 1: params: expected an object or a list, found 7');
  });

  it('refuses an id that is used twice', () => {
    const row = { id: 'a', kind: 'json', path: '/' };

    expect(problemsOf(row, { ...row, id: 'b' }, row)).toEqual([
      'Cannot use the input rows.jsonl: 1 problem, nothing was sent',
      'line 3: id: expected one of its own, found "a", the id of line 1',
    ]);
  });

  it('tells bytes that are no UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff]), Buffer.from('"}')]);

    expect(() => parseInput('rows.jsonl', bytes)).toThrow('line 1: not UTF-8');
  });

  it('refuses an input without rows, and one that is not there', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'empty.jsonl'), '\n\n');

    await expect(readInput(join(folder, 'empty.jsonl'))).rejects.toThrow('it has no rows');
    await expect(readInput(join(folder, 'missing.jsonl'))).rejects.toThrow(UsageError);
  });

  it('gives a row that was edited another hash, and not one whose names changed places', () => {
    const [a] = parse({ id: 'a', kind: 'json', path: '/', params: { x: 1, y: 2 } });
    const [same] = parse({ params: { y: 2, x: 1 }, path: '/', kind: 'json', id: 'a' });
    const [edited] = parse({ id: 'a', kind: 'json', path: '/', params: { x: 1, y: 3 } });

    expect(same?.requestHash).toBe(a?.requestHash);
    expect(edited?.requestHash).not.toBe(a?.requestHash);
  });
});
