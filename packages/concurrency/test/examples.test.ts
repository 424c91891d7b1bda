import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../examples/', import.meta.url));
const run = promisify(execFile);

describe('examples', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.ts')))('%s runs', async (name) => {
    const { stdout } = await run(process.execPath, [
      '--conditions=@linkspan/source',
      folder + name,
    ]);

    expect(stdout).not.toBe('');
  });
});
