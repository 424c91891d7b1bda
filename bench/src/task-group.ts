// What does a task cost when all are spawned at once and a limiter lets a few run (G12)?
import { CapacityLimiter, taskGroup as runTaskGroup } from '@linkspan/concurrency';
import pLimit from 'p-limit';
import { compare, type Contender } from './measure.ts';
import { printRows } from './print.ts';
import type { Question } from './question.ts';

const concurrency = 50;
const task = async (): Promise<void> => {
  await Promise.resolve();
};

function contenders(size: number, repeat: number): Contender[] {
  return [
    {
      name: 'linkspan taskGroup + CapacityLimiter',
      async run() {
        for (let turn = 0; turn < repeat; turn += 1) {
          const limiter = new CapacityLimiter(concurrency);
          await runTaskGroup((group) => {
            for (let index = 0; index < size; index += 1) group.spawn(() => limiter.run(task));
            return Promise.resolve();
          });
        }
      },
    },
    {
      name: 'p-limit',
      async run() {
        for (let turn = 0; turn < repeat; turn += 1) {
          const limit = pLimit(concurrency);
          await Promise.all(Array.from({ length: size }, () => limit(task)));
        }
      },
    },
  ];
}

export const taskGroup: Question = {
  asks: 'CPU of one task, all queued at once behind a limiter (G12)',
  async run({ brief }) {
    for (const size of brief ? [1000] : [1000, 10_000, 100_000]) {
      const repeat = Math.max(1, (brief ? 5000 : 100_000) / size);
      const rows = await compare(contenders(size, repeat), {
        reference: 'p-limit',
        rounds: brief ? 2 : 9,
        units: size * repeat,
      });
      printRows(`${size} tasks, ${concurrency} at a time`, 'p-limit', rows);
    }
  },
};
