// The same as `http`, a pair a process: nothing but the two runs beside.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Question } from './question.ts';

/** What is measured, and beside what. */
const pairs: readonly (readonly [string, string])[] = [
  ['linkspan', 'undici.request'],
  ['linkspan + signal', 'undici.request'],
  ['linkspan + standardResilience()', 'undici.request'],
  ['linkspan + standardResilience() + signal', 'undici.request'],
  // What is on by default, and was never needed; then the client itself, and all of it that is off.
  ['linkspan', 'linkspan, nothing on'],
  ['linkspan, nothing on', 'httpTransport()'],
];

export const httpPairs: Question = {
  asks: 'CPU of one small JSON request, a pair a process (G1, G2, G3)',
  run({ brief }) {
    for (const [name, reference] of brief ? pairs.slice(-1) : pairs) {
      const script = fileURLToPath(new URL('./main.ts', import.meta.url));
      const only = ['--only', name, '--only', reference];
      const args = [...process.execArgv, script, 'http', ...only, ...(brief ? ['--brief'] : [])];
      const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
      if (status !== 0) throw new Error(`The pair ${name} ended with status ${status}`);
    }
    return Promise.resolve();
  },
};
