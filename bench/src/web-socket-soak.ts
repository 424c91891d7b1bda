// Aborts WebSockets at random moments (while connecting, before the upgrade is answered, while they
// talk, between two connections, while they close) and shows that nothing is left: no socket, timer,
// listener, unhandled rejection or heap. `npm run web-socket-soak`, or `-- --brief`; the seed is
// printed.
import { getEventListeners } from 'node:events';
import { parseArgs } from 'node:util';
import { createClient } from '@linkspan/core';
import { connectWebSocket, webSocketTransport } from '@linkspan/websocket';
import { mulberry32, resources, settledHeap } from './soak-measures.ts';
import { startServer } from './start-server.ts';

const { values } = parseArgs({
  options: { brief: { type: 'boolean', default: false }, seed: { type: 'string' } },
});
const sockets = values.brief ? 1_000 : 10_000;
const seed = Number(values.seed ?? 20_261_126);
const random = mulberry32(seed);

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

const paths = ['echo', 'talk', 'late', 'no', 'cut'] as const;
const ended = new Map<string, number>();
/** The one signal that a program holds for its whole life: listeners must not pile up on it. */
const lifetime = new AbortController();

function count(what: string): void {
  ended.set(what, (ended.get(what) ?? 0) + 1);
}

const server = await startServer('./web-socket-server.ts');
const origin = server.origin.replace('http', 'ws');
const transport = webSocketTransport({ baseUrl: origin });
const client = createClient({ transport, env: {} });

interface Opened extends AsyncIterable<unknown> {
  send(message: unknown): Promise<void>;
  close(): Promise<void>;
}

async function one(index: number): Promise<void> {
  const path = paths[Math.floor(random() * paths.length)] as (typeof paths)[number];
  const isChannel = random() < 0.4;
  const moment = random();
  const controller = new AbortController();
  const reason = new Error(`abort ${index}`);
  const signal = moment < 0.1 ? lifetime.signal : controller.signal;
  const timer = setTimeout(() => controller.abort(reason), moment < 0.3 ? 0 : moment * 40);
  const most = 1 + Math.floor(random() * 4);
  let state = 'connecting';
  try {
    const socket: Opened = isChannel
      ? await client.open({ operation: 'OPEN', target: `/${path}` }, { signal, retry: false })
      : await connectWebSocket(`${origin}/${path}`, {
          signal,
          closeMs: 50,
          reconnect: { baseDelayMs: 10, maxDelayMs: 20, maxAttempts: 3 },
          onStatus: (status) => {
            if (status !== 'closed') state = status;
          },
        });
    if (isChannel) state = 'open';
    let seen = 0;
    if (path === 'echo' || path === 'late') {
      for (let sent = 0; sent < 4; sent += 1) await socket.send({ sent });
    }
    for await (const message of socket) {
      seen += message === undefined ? 0 : 1;
      if (signal === lifetime.signal && seen >= most) break;
    }
    count(`${path}: ended`);
  } catch (error) {
    if (error === reason) count(`aborted: ${isChannel ? 'channel' : 'client'} ${state}`);
    else count(`${path}: ${error instanceof Error ? error.name : typeof error}`);
  } finally {
    clearTimeout(timer);
    // One that is silent ends by its own abort.
    if (signal !== lifetime.signal) controller.abort(reason);
  }
}

async function load(total: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < total) {
      next += 1;
      await one(next);
    }
  };
  await Promise.all(Array.from({ length: 60 }, worker));
}

const sockets0 = resources(/^TCPSocketWrap$/);
const timers0 = resources(/^Timeout$/);
await load(sockets);
const heapBefore = await settledHeap();
ended.clear();

await load(sockets);
const inFlight = client.inFlight().length;
const listeners = getEventListeners(lifetime.signal, 'abort').length;
await client.close();
await transport.close();
// A farewell takes its turn.
await new Promise((resolve) => setTimeout(resolve, 100));
// The same load has run before: what is more now was left by sockets, not by first use.
const heapGrowth = (await settledHeap()) - heapBefore;

const left: Readonly<Record<string, number>> = {
  'calls in flight': inFlight,
  'abort listeners': listeners,
  sockets: resources(/^TCPSocketWrap$/) - sockets0,
  timers: resources(/^Timeout$/) - timers0,
  'unhandled rejections': unhandled.length,
  'KiB of heap, over 512': Math.max(0, Math.round(heapGrowth / 1024) - 512),
};
await server.stop();

console.log(`${sockets} WebSockets, seed ${seed}, heap ${(heapGrowth / 1024).toFixed(0)} KiB`);
for (const [what, times] of [...ended].toSorted(([a], [b]) => a.localeCompare(b)))
  console.log(`  ${what}: ${times}`);
for (const [what, amount] of Object.entries(left)) console.log(`left: ${what}: ${amount}`);
const aborted = [...ended]
  .filter(([what]) => what.startsWith('aborted'))
  .reduce((sum, [, times]) => sum + times, 0);
if (aborted < sockets / 10)
  throw new Error(`Only ${aborted} of ${sockets} WebSockets were aborted: the soak shows nothing`);
process.exitCode = Object.values(left).every((amount) => amount === 0) ? 0 : 1;
