// What does one task of a bounded batch cost (G11)? The reference is the least that can be done:
// worker loops that pull an index.
import { parallel } from '@linkspan/concurrency';
import pLimit from 'p-limit';
import pMap from 'p-map';
import PQueue from 'p-queue';
import { compare, type Contender } from './measure.ts';
import { printRows } from './print.ts';
import type { Question } from './question.ts';

const concurrency = 50;
const task = async (index: number): Promise<number> => {
  await Promise.resolve();
  return index;
};

async function workerLoops(items: readonly number[]): Promise<number[]> {
  const results: number[] = Array.from({ length: items.length });
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await task(items[index] as number);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
}

function contenders(size: number, repeat: number, slow: boolean): Contender[] {
  const items = Array.from({ length: size }, (_, index) => index);
  const times = (name: string, once: () => Promise<unknown>): Contender => ({
    name,
    async run() {
      for (let turn = 0; turn < repeat; turn += 1) await once();
    },
  });
  const list = [
    times('worker loops', () => workerLoops(items)),
    times('linkspan parallel', () => parallel(items, task, { concurrency })),
    times('p-map', () => pMap(items, task, { concurrency })),
  ];
  if (!slow) return list;
  return [
    ...list,
    times('p-limit', () => {
      const limit = pLimit(concurrency);
      return Promise.all(items.map((item) => limit(() => task(item))));
    }),
    times('p-queue', () => {
      const queue = new PQueue({ concurrency });
      return queue.addAll(items.map((item) => () => task(item)));
    }),
  ];
}

export const batch: Question = {
  asks: 'CPU of one task of a bounded batch, by its length (G11)',
  async run({ brief }) {
    for (const size of brief ? [1000] : [1000, 10_000, 100_000]) {
      const repeat = Math.max(1, (brief ? 5000 : 200_000) / size);
      const list = contenders(size, repeat, size <= 100_000);
      const rows = await compare(list, {
        reference: 'worker loops',
        rounds: brief ? 2 : 9,
        units: size * repeat,
      });
      printRows(`${size} tasks, ${concurrency} at a time`, 'worker loops', rows);
    }
  },
};
