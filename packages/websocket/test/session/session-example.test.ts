import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it('the example of a session runs', async () => {
  const example = fileURLToPath(new URL('../../examples/session.ts', import.meta.url));
  const { stdout } = await run(process.execPath, ['--conditions=@linkspan/source', example]);

  expect(stdout).toContain('heard message 3');
});
