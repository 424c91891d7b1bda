// Feeds every decoder with a million generated inputs, and runs the property tests with more cases:
// `npm run fuzz`, with `--seed N` to repeat a run, `--inputs N` for more or fewer, `--only NAME` for
// one decoder alone. `--brief` shows that it works, on cases that are always the same.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    brief: { type: 'boolean', default: false },
    seed: { type: 'string' },
    inputs: { type: 'string' },
    only: { type: 'string' },
  },
});
const seed = values.seed ?? (values.brief ? '1' : String(Math.floor(Math.random() * 2 ** 31)));
const runs = values.brief ? '300' : '5000';
const inputs = values.inputs ?? (values.brief ? '5000' : '1000000');

console.log(`seed ${seed}`);
const decoders = spawnSync(
  process.execPath,
  [
    '--conditions=@linkspan/source',
    'packages/dialects/test/fuzz/fuzz-main.ts',
    `--inputs=${inputs}`,
    `--seed=${seed}`,
    `--only=${values.only ?? ''}`,
  ],
  { stdio: 'inherit' },
);
if (decoders.status !== 0 || values.only !== undefined) process.exit(decoders.status ?? 1);

const files = globSync('packages/*/test/**/*.test.ts').filter((file) =>
  readFileSync(file, 'utf8').includes("from 'fast-check'"),
);
console.log(`${runs} cases a property, ${files.length} files`);
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
