// Aborts requests at random moments (in the queue, while connecting, before the head, in the body,
// between tries) and shows that nothing is left: no socket, timer, listener, slot, unhandled
// rejection or heap. `npm run soak`, or `npm run soak -- --brief`; the seed is printed.
import { getEventListeners } from 'node:events';
import { parseArgs } from 'node:util';
import { rawSse } from '@linkspan/dialects';
import { createHttpClient, type HttpClient } from '@linkspan/http';
import { mulberry32, resources, settledHeap } from './soak-measures.ts';
import { startServer } from './start-server.ts';

const { values } = parseArgs({
  options: { brief: { type: 'boolean', default: false }, seed: { type: 'string' } },
});
const requests = values.brief ? 1000 : 10_000;
const seed = Number(values.seed ?? 20_261_121);
const random = mulberry32(seed);

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

const kinds = ['quick', 'late', 'busy', 'stream', 'reset'] as const;
const ended = new Map<string, number>();

/** The one signal that a program holds for its whole life: listeners must not pile up on it. */
const lifetime = new AbortController();

async function one(client: HttpClient, index: number): Promise<void> {
  const kind = kinds[Math.floor(random() * kinds.length)] as (typeof kinds)[number];
  const controller = new AbortController();
  const reason = new Error(`abort ${index}`);
  const moment = random();
  const signal = moment < 0.1 ? lifetime.signal : controller.signal;
  const path = `/${kind}/${index}`;
  const abort = (): void => {
    const call = client.inFlight().find(({ target }) => target.endsWith(path));
    if (call !== undefined && signal === controller.signal) count(`aborted in phase ${call.phase}`);
    controller.abort(reason);
  };
  const timer = setTimeout(abort, moment < 0.3 ? 0 : moment * 40);
  try {
    if (kind === 'stream') {
      let events = 0;
      const most = Math.floor(random() * 20);
      for await (const event of client.stream({ path }, { dialect: rawSse, signal })) {
        events += event.data.length > 0 ? 1 : 0;
        if (signal === lifetime.signal && events > most) break;
      }
    } else {
      const response = await client.request({ path }, { signal, totalMs: 200 });
      await response.json();
    }
    count(`${kind}: answered`);
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    count(error === reason ? `${kind}: aborted` : `${kind}: ${name}`);
  } finally {
    clearTimeout(timer);
  }
}

function count(what: string): void {
  ended.set(what, (ended.get(what) ?? 0) + 1);
}

async function load(client: HttpClient, total: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < total) {
      next += 1;
      await one(client, next);
    }
  };
  await Promise.all(Array.from({ length: 60 }, worker));
}

const server = await startServer('./soak-server.ts');
const options = {
  baseUrl: server.origin,
  connections: 20,
  retry: { maxRetries: 2, baseDelayMs: 20 },
};
const timersBefore = resources(/^Timeout$/);
const socketsBefore = resources(/^TCPSocketWrap$/);

const warmUp = createHttpClient(options);
await load(warmUp, requests);
await warmUp.close();
const heapBefore = await settledHeap();
ended.clear();

const client = createHttpClient(options);
await load(client, requests);
const inFlight = client.inFlight().length;
const slots = Object.values(client.stats()).reduce(
  (sum, pool) => sum + pool.running + pool.queued,
  0,
);
const listeners = getEventListeners(lifetime.signal, 'abort').length;
await client.close();
// The same load has run before: what is more now was left by calls, not by first use.
const heapGrowth = (await settledHeap()) - heapBefore;

const left: Readonly<Record<string, number>> = {
  'calls in flight': inFlight,
  'slots held': slots,
  'abort listeners': listeners,
  sockets: resources(/^TCPSocketWrap$/) - socketsBefore,
  timers: resources(/^Timeout$/) - timersBefore,
  'unhandled rejections': unhandled.length,
  'KiB of heap, over 512': Math.max(0, Math.round(heapGrowth / 1024) - 512),
};
await server.stop();

console.log(`${requests} requests, seed ${seed}, heap ${(heapGrowth / 1024).toFixed(0)} KiB`);
for (const [what, times] of [...ended].toSorted(([a], [b]) => a.localeCompare(b)))
  console.log(`  ${what}: ${times}`);
for (const [what, amount] of Object.entries(left)) console.log(`left: ${what}: ${amount}`);
const aborted = [...ended]
  .filter(([what]) => what.endsWith('aborted'))
  .reduce((sum, [, times]) => sum + times, 0);
if (aborted < requests / 10)
  throw new Error(`Only ${aborted} of ${requests} requests were aborted: the soak shows nothing`);
process.exitCode = Object.values(left).every((amount) => amount === 0) ? 0 : 1;
