// Four workers take rows from a queue that holds ten; the reader of the rows is slowed to their pace.
import assert from 'node:assert/strict';
import { channel, sleep, taskGroup, WorkerPool } from '@linkspan/concurrency';

const rows = channel<number>(10);
const saved: number[] = [];

await taskGroup(async (group) => {
  group.spawn(async ({ signal }) => {
    for (let row = 0; row < 100; row += 1) await rows.send(row, signal);
    rows.close();
  });

  const pool = new WorkerPool<number>(
    async (row, { signal }) => {
      await sleep(1, signal);
      saved.push(row);
    },
    { workers: 4, maxQueue: 10, signal: group.signal },
  );
  for await (const row of rows) await pool.push(row);
  await pool.stop();
});

assert.equal(saved.length, 100);
console.log(`saved ${saved.length} rows`);
