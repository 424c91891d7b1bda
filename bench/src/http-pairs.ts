// The same as `http`, a pair a process: nothing but Linkspan and undici.request runs beside.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Question } from './question.ts';

export const httpPairs: Question = {
  asks: 'CPU of one small JSON request, a pair a process (G1, G2)',
  run({ brief }) {
    for (const name of ['linkspan', 'linkspan + signal']) {
      const script = fileURLToPath(new URL('./main.ts', import.meta.url));
      const args = [
        ...process.execArgv,
        script,
        'http',
        '--only',
        name,
        ...(brief ? ['--brief'] : []),
      ];
      const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
      if (status !== 0) throw new Error(`The pair ${name} ended with status ${status}`);
    }
    return Promise.resolve();
  },
};
