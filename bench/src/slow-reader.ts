// A fast server and a slow reader: 1 GiB is offered, as bytes and as events, to a reader that rests
// before it begins and again and again on the way. Prints how far the resident memory grew over that
// of a process that has read such a stream before, and fails above 32 MiB. `npm run slow-reader`;
// `-- --brief` offers 128 MiB. It runs with a small young generation: V8 lets buffers that are garbage
// lie until they are twice its size, whoever reads, and what counts here is what is held.
import { setTimeout as rest } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { rawSse } from '@linkspan/dialects';
import { createHttpClient } from '@linkspan/http';
import { startServer } from './start-server.ts';

const MIB = 2 ** 20;
const LIMIT_MIB = 32;
/** How much is read between two rests, and how long those are. */
const PORTION_BYTES = 4 * MIB;
const REST_MS = 5;
const FIRST_REST_MS = 1_000;

const { values } = parseArgs({ options: { brief: { type: 'boolean', default: false } } });
const offered = (values.brief ? 128 : 1024) * MIB;

const server = await startServer('./flood-server.ts');
const client = createHttpClient({ baseUrl: server.origin, totalMs: Infinity, idleMs: Infinity });

async function* readBytes(size: number): AsyncGenerator<number> {
  const response = await client.get(`/bytes?size=${size}`);
  yield 0;
  for await (const chunk of response.body) yield chunk.byteLength;
}

async function* readEvents(size: number): AsyncGenerator<number> {
  const stream = await client.stream({ path: `/events?size=${size}` }, { dialect: rawSse });
  yield 0;
  for await (const { data } of stream) yield data.length + 8;
}

/** Reads with rests, and gives how many bytes came and how far the memory grew meanwhile. */
async function readSlowly(lengths: AsyncGenerator<number>): Promise<readonly [number, number]> {
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 10);
  let read = 0;
  let portion = 0;
  await lengths.next();
  await rest(FIRST_REST_MS);
  for await (const length of lengths) {
    read += length;
    portion += length;
    if (portion < PORTION_BYTES) continue;
    portion = 0;
    await rest(REST_MS);
  }
  clearInterval(timer);
  return [read, (most - before) / MIB];
}

for (const [what, lengths] of [
  ['bytes', readBytes],
  ['events', readEvents],
] as const) {
  // What the first stream of a process makes once, compiled code above all, is not held for it.
  await readSlowly(lengths(offered / 8));
  const [read, grownMiB] = await readSlowly(lengths(offered));
  const size = `${(read / MIB).toFixed(0)} MiB`;
  console.log(`${what}: ${size} read slowly, resident memory ${grownMiB.toFixed(1)} MiB more`);
  if (read !== offered) throw new Error(`Read ${read} bytes as ${what}, not ${offered}`);
  if (grownMiB > LIMIT_MIB) process.exitCode = 1;
}
await client.close();
await server.stop();
