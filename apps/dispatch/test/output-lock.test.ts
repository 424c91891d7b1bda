import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OutputLock } from '../src/output/output-lock.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('OutputLock', () => {
  it('refuses an output that a living process writes to', async () => {
    const output = join(temporaryFolder(), 'answers.jsonl');
    writeFileSync(`${output}.lock`, `${process.ppid}\n`);

    await expect(OutputLock.acquire(output)).rejects.toThrow(
      `process ${process.ppid} is writing to it`,
    );
  });

  it.each(['', '2147483646\n', 'torn'])(
    'takes over the lock %j that a killed process left behind',
    async (left) => {
      const output = join(temporaryFolder(), 'answers.jsonl');
      writeFileSync(`${output}.lock`, left);

      const lock = await OutputLock.acquire(output);
      expect(existsSync(`${output}.lock`)).toBe(true);
      await lock[Symbol.asyncDispose]();

      expect(existsSync(`${output}.lock`)).toBe(false);
    },
  );

  it('tells when the folder of the output is not there', async () => {
    const output = join(temporaryFolder(), 'missing', 'answers.jsonl');

    await expect(OutputLock.acquire(output)).rejects.toThrow(`Cannot write to ${output}: ENOENT`);
  });
});
