import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from './workspace.ts';

const execute = promisify(execFile);
const dev = join(root, 'scripts', 'dev.mjs');
const windows = process.platform === 'win32';

describe('scripts/dev.mjs', () => {
  it('runs a command with the Node of the project, where it was called', async () => {
    const program = 'console.log(process.cwd()); console.log(process.version)';

    const { stdout } = await execute(process.execPath, [dev, 'node', '-e', program], {
      cwd: join(root, 'docs'),
    });

    expect(stdout.trim().split(/\r?\n/)).toEqual([join(root, 'docs'), process.version]);
  });

  it('ends with the exit code of the command', async () => {
    const ran = execute(process.execPath, [dev, 'node', '-e', 'process.exit(7)']);

    await expect(ran).rejects.toMatchObject({ code: 7 });
  });

  it('fails with a message when there is nothing to run', async () => {
    await expect(execute(process.execPath, [dev])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Cannot run nothing') as string,
    });
  });

  it.skipIf(windows)('hands a signal to the command and waits for its end', async () => {
    const program = `
      process.on('SIGTERM', () => { console.log('stopped'); process.exit(3); });
      setInterval(() => {}, 1000);
      console.log('started');`;
    const child = spawn(process.execPath, [dev, 'node', '-e', program]);
    const said: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      said.push(String(chunk).trim());
      if (said.length === 1) child.kill('SIGTERM');
    });

    const [code] = (await once(child, 'exit')) as [number];

    expect(said).toEqual(['started', 'stopped']);
    expect(code).toBe(3);
  });
});

describe('scripts/count-tests.mjs', () => {
  const count = async (report: object): Promise<{ stdout: string; code?: number }> => {
    const file = join(tmpdir(), `linkspan-count-${process.pid}.json`);
    writeFileSync(file, JSON.stringify(report));
    return await execute(process.execPath, [join(root, 'scripts', 'count-tests.mjs'), file]).catch(
      (error: { stdout: string; code: number }) => error,
    );
  };

  it.each([
    ['tests that pass', { numPassedTests: 12, numFailedTests: 0, testResults: [] }, 12, 0],
    ['a test that fails', { numPassedTests: 11, numFailedTests: 1, testResults: [] }, 11, 1],
    ['no test at all', { numPassedTests: 0, numFailedTests: 0, testResults: [] }, 0, 0],
    [
      'a file that cannot be loaded',
      {
        numPassedTests: 11,
        numFailedTests: 0,
        testResults: [{ status: 'failed', assertionResults: [] }],
      },
      11,
      1,
    ],
  ])('counts %s', async (_title, report, passed, failed) => {
    const { stdout, code } = await count(report);

    expect(stdout).toBe(`${passed} passed, ${failed} failed\n`);
    expect(code).toBe(passed > 0 && failed === 0 ? undefined : 1);
  });
});
