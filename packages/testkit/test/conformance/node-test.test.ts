import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const suite = fileURLToPath(new URL('node-test-main.ts', import.meta.url));

/** Runs the suite as its author would, with only some of its tests. */
async function runSuite(pattern: string): Promise<string> {
  const node = spawn(
    process.execPath,
    [
      '--conditions=@linkspan/source',
      '--test',
      '--test-reporter=tap',
      `--test-name-pattern=${pattern}`,
      suite,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  node.stdout.on('data', (text: Buffer) => (output += text.toString()));
  await once(node, 'close');
  return output;
}

it('shows in node:test what passed, what failed, and what was skipped for which capability', async () => {
  const output = await runSuite('p6-never-used|p6-dispose|p5-converse');

  expect(output).toMatch(/^ *ok \d+ - closes when it was never used \(p6-never-used\)$/m);
  expect(output).toMatch(/^ *not ok \d+ - closes when it is disposed of \(p6-dispose\)$/m);
  expect(output).toMatch(
    /ok \d+ - .*\(p5-converse\) # SKIP The transport says that it cannot: duplex/,
  );
}, 60_000);
