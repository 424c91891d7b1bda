// Runs the property tests with more cases and a seed of their own: `npm run fuzz`, with `--seed N`
// to repeat a run. `--brief` shows that it works, on cases that are always the same.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { brief: { type: 'boolean', default: false }, seed: { type: 'string' } },
});
const seed = values.seed ?? (values.brief ? '1' : String(Math.floor(Math.random() * 2 ** 31)));
const runs = values.brief ? '300' : '5000';
const files = globSync('packages/*/test/**/*.test.ts').filter((file) =>
  readFileSync(file, 'utf8').includes("from 'fast-check'"),
);
console.log(`seed ${seed}, ${runs} cases a property, ${files.length} files`);
const { status } = spawnSync(
  'vitest',
  ['run', '--testTimeout', '600000', ...files.map((file) => file.replaceAll('\\', '/'))],
  {
    shell: process.platform === 'win32',
    stdio: 'inherit',
    env: { ...process.env, FUZZ_SEED: seed, FUZZ_RUNS: runs },
  },
);
process.exitCode = status ?? 1;
