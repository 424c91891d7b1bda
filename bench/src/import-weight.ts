// What does importing cost, in time and memory, in a fresh process on the built packages (G15)?
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { quantile } from './measure.ts';
import type { Question } from './question.ts';

const modules = [
  '@linkspan/concurrency',
  '@linkspan/core',
  '@linkspan/dialects',
  'undici',
  '@linkspan/http',
];
const folder = fileURLToPath(new URL('..', import.meta.url));

function importOnce(name: string): { ms: number; mib: number } {
  const code = `
    const rss = process.memoryUsage().rss, start = performance.now();
    await import(${JSON.stringify(name)});
    const ms = performance.now() - start, mib = (process.memoryUsage().rss - rss) / 2 ** 20;
    console.log(JSON.stringify({ ms, mib }));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: folder,
      encoding: 'utf8',
    }),
  ) as never;
}

export const importWeight: Question = {
  asks: 'time and memory of an import in a fresh process (G15); needs `npm run build`',
  run({ brief }) {
    if (!existsSync(new URL('../../packages/http/dist/index.js', import.meta.url))) {
      throw new Error(
        'Cannot measure the imports: the packages are not built, run `npm run build` first',
      );
    }
    const times = brief ? 3 : 15;
    const samples = modules.map((name) => ({ name, runs: [] as ReturnType<typeof importOnce>[] }));
    for (let round = 0; round < times; round += 1) {
      for (const { name, runs } of samples) runs.push(importOnce(name));
    }
    for (const { name, runs } of samples) {
      const ms = quantile(
        runs.map((run) => run.ms),
        0.5,
      );
      const mib = quantile(
        runs.map((run) => run.mib),
        0.5,
      );
      console.log(
        `${name.padEnd(24)} ${ms.toFixed(1).padStart(6)} ms  ${mib.toFixed(1).padStart(6)} MiB`,
      );
    }
    return Promise.resolve();
  },
};
