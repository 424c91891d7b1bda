import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../src/command-line/usage-error.ts';
import { dropFailures, Journal } from '../src/output/journal.ts';
import { makeAnswer, makeFailure } from './make-answer.ts';
import { temporaryFolder } from './temporary-folder.ts';

function outputPath(): string {
  return join(temporaryFolder(), 'answers.jsonl');
}

async function write(path: string, ...ids: readonly string[]): Promise<void> {
  await using journal = await Journal.open(path);
  await Promise.all(ids.map((id) => journal.append(makeAnswer(id))));
}

async function idsIn(path: string): Promise<string[]> {
  await using journal = await Journal.open(path);
  return [...journal.records.keys()];
}

describe('Journal', () => {
  it('writes one line for each answer, and knows them all when it is opened again', async () => {
    const path = outputPath();

    await write(path, 'a', 'b');
    await write(path, 'c');

    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      ['a', 'b', 'c'].map((id) => makeAnswer(id)),
    );
    expect(await idsIn(path)).toEqual(['a', 'b', 'c']);
  });

  it('takes away a last line that a crash cut short, wherever it was cut', async () => {
    const path = outputPath();
    const torn = Buffer.from(JSON.stringify(makeAnswer('torn', { upstream: 'https://ü' })));
    await write(path, 'a');
    const whole = readFileSync(path);

    for (let length = 1; length < torn.length; length += 1) {
      writeFileSync(path, Buffer.concat([whole, torn.subarray(0, length)]));
      // oxlint-disable-next-line no-await-in-loop -- one file
      expect(await idsIn(path)).toEqual(['a']);
      expect(readFileSync(path)).toEqual(whole);
    }
    await write(path, 'torn');
    expect(await idsIn(path)).toEqual(['a', 'torn']);
  });

  it('keeps a last line that misses nothing but its line end', async () => {
    const path = outputPath();
    writeFileSync(path, JSON.stringify(makeAnswer('a')));

    await write(path, 'b');

    expect(await idsIn(path)).toEqual(['a', 'b']);
  });

  it('takes away the zeros that a power cut leaves behind', async () => {
    const path = outputPath();
    await write(path, 'a');
    appendFileSync(path, Buffer.alloc(512));

    expect(await idsIn(path)).toEqual(['a']);
  });

  it('refuses a second answer to a row', async () => {
    await using journal = await Journal.open(outputPath());
    await journal.append(makeAnswer('a'));

    await expect(journal.append(makeAnswer('a'))).rejects.toThrow('a second answer to row a');
  });

  it('refuses a file that holds something else, and leaves it as it is', async () => {
    const path = outputPath();
    const notes = '{"id":"a"}\nshopping list\n';
    writeFileSync(path, notes);

    await expect(Journal.open(path)).rejects.toThrow(/line 1 of .* is no answer \(no "status"/);
    expect(readFileSync(path, 'utf8')).toBe(notes);
  });

  it('refuses a file with two answers to one row', async () => {
    const path = outputPath();
    const line = `${JSON.stringify(makeAnswer('a'))}\n`;
    writeFileSync(path, line + line);

    await expect(Journal.open(path)).rejects.toThrow(
      /line 2 of .* answers row "a", as line 1 does/,
    );
  });

  it('refuses a folder', async () => {
    const path = outputPath();
    mkdirSync(path);

    await expect(Journal.open(path)).rejects.toThrow(UsageError);
    await expect(Journal.open(path)).rejects.toThrow('it is no regular file');
  });
});

describe('dropFailures()', () => {
  it('takes the failed rows out and leaves the answers as they were written', async () => {
    const path = outputPath();
    await write(path, 'a');
    appendFileSync(path, `${JSON.stringify(makeFailure('b', 'connection_reset'))}\n`);
    await write(path, 'c');

    await dropFailures(path);

    expect(await idsIn(path)).toEqual(['a', 'c']);
  });
});
