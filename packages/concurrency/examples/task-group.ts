// One task fails: its siblings are cancelled, clean up, and then the group rejects.
import assert from 'node:assert/strict';
import { sleep, taskGroup } from '@linkspan/concurrency';

const log: string[] = [];

const failure: unknown = await taskGroup((group) => {
  group.spawn(async ({ signal }) => {
    try {
      await sleep(60_000, signal);
    } finally {
      log.push('the sleeper cleans up');
    }
  });
  group.spawn(async () => {
    await sleep(1);
    throw new Error('the other one fails');
  });
}).catch((error: unknown) => error);
log.push(String(failure));

assert.deepEqual(log, ['the sleeper cleans up', 'Error: the other one fails']);
console.log(log.join('\n'));
