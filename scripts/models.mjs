// Takes 100,000 random steps with each model beside what it is a model of, and plays 10,000 random
// compositions of layers against their deadlines: `npm run models`, with a new seed each time.
// `--seed N` repeats a run; `--brief` takes 20,000 steps, always the same, and all the compositions.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { brief: { type: 'boolean', default: false }, seed: { type: 'string' } },
});
const seed = values.seed ?? (values.brief ? '1' : String(Math.floor(Math.random() * 2 ** 31)));
const files = globSync('packages/*/test/**/{*-model,deadline/deadline}.test.ts');

console.log(`seed ${seed}`);
const { status } = spawnSync(
  'vitest',
  [
    'run',
    '--testTimeout=600000',
    '--disable-console-intercept',
    ...files.map((file) => file.replaceAll('\\', '/')),
  ],
  {
    shell: process.platform === 'win32',
    stdio: 'inherit',
    env: {
      ...process.env,
      FUZZ_SEED: seed,
      LINKSPAN_MODEL_STEPS: values.brief ? '20000' : '100000',
      LINKSPAN_COMPOSITIONS: '10000',
    },
  },
);
process.exitCode = status ?? 1;
