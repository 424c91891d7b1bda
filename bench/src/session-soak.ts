// Sends numbered messages both ways over sessions of WebSockets whose connections are dropped at
// random moments, by the client's side or by both, and shows that each message came once and in its
// order, and that nothing is left. `npm run session-soak`, or `-- --brief`; the seed is printed.
import { createServer as createTcpServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { createClient } from '@linkspan/core';
import { acceptSessions, connectWebSocket, webSocketTransport } from '@linkspan/websocket';
import { WebSocketServer } from 'ws';
import { mulberry32, resources, settledHeap } from './soak-measures.ts';

const { values } = parseArgs({
  options: { brief: { type: 'boolean', default: false }, seed: { type: 'string' } },
});
const [sessions, messages] = values.brief ? [60, 200] : [600, 1_000];
const seed = Number(values.seed ?? 20_261_126);
const random = mulberry32(seed);

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

/** What came otherwise than it was sent. */
let wrong = 0;
let drops = 0;

/** Counts up with what comes, and tells when it is not what comes next. */
function follower(): { readonly seen: number; next(message: unknown): void } {
  let seen = 0;
  return {
    get seen() {
      return seen;
    },
    next(message) {
      if (Number(message) !== seen) wrong += 1;
      seen += 1;
    },
  };
}

const served = acceptSessions(async (session) => {
  const heard = follower();
  for await (const message of session) {
    heard.next(message);
    await session.send(String(message));
  }
  // One of which nothing came was begun on a connection that broke before its client knew of it.
  if (heard.seen !== messages && heard.seen !== 0) wrong += 1;
});
const { handleProtocols } = served;
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols });
server.on('connection', served.handleConnection);
await new Promise((resolve) => server.once('listening', resolve));

/** The connections through a relay, by both of their ends. */
const pairs = new Set<readonly [near: Socket, far: Socket]>();
const relay: Server = createTcpServer((near) => {
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const pair = [near, far] as const;
  pairs.add(pair);
  for (const [from, to] of [pair, [far, near] as const]) {
    from.on('data', (bytes) => to.write(bytes));
    from.on('error', () => {});
    from.on('close', () => {
      pairs.delete(pair);
      to.destroy();
    });
  }
});
await new Promise<void>((resolve) => {
  relay.listen(0, '127.0.0.1', resolve);
});
const origin = `ws://127.0.0.1:${(relay.address() as AddressInfo).port}`;

/** Breaks a connection every few milliseconds: now with a reset, now with an end, at any byte. */
const dropper = setInterval(() => {
  const pair = [...pairs][Math.floor(random() * pairs.size)];
  if (pair === undefined) return;
  drops += 1;
  const socket = pair[random() < 0.5 ? 0 : 1];
  if (random() < 0.5) socket.resetAndDestroy();
  else socket.destroy();
}, 4);

const reconnect = { baseDelayMs: 1, maxDelayMs: 20, maxAttempts: Infinity, budget: false } as const;
const transport = webSocketTransport({ baseUrl: origin, session: true, reconnect });
const retry = { maxRetries: 100, baseDelayMs: 1, maxDelayMs: 20, budget: false } as const;
const client = createClient({ transport, env: {}, retry });

interface Talking extends AsyncIterable<unknown> {
  send(message: unknown): Promise<void>;
  close(): Promise<void>;
}

async function one(index: number): Promise<void> {
  const talking: Talking =
    index % 2 === 0
      ? await connectWebSocket(origin, { session: true, reconnect })
      : await client.open({ operation: 'OPEN', target: '/' });
  const heard = follower();
  const read = async (): Promise<void> => {
    for await (const message of talking) {
      heard.next(message);
      if (heard.seen === messages) break;
    }
  };
  const say = async (): Promise<void> => {
    for (let sent = 0; sent < messages; sent += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one message after another
      await talking.send(String(sent));
      // oxlint-disable-next-line no-await-in-loop -- a turn of the loop, now and then
      if (random() < 0.05) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all([read(), say()]);
  if (heard.seen !== messages) wrong += 1;
}

async function load(total: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < total) {
      next += 1;
      // oxlint-disable-next-line no-await-in-loop -- one session of a worker after another
      await one(next);
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}

await load(sessions / 10);
const heapBefore = await settledHeap();
const startedAt = performance.now();
drops = 0;
await load(sessions);
const tookMs = performance.now() - startedAt;

clearInterval(dropper);
const inFlight = client.inFlight().length;
await client.close();
await transport.close();
await served.close();
for (const pair of pairs) for (const socket of pair) socket.destroy();
await new Promise((resolve) => server.close(resolve));
await new Promise((resolve) => relay.close(resolve));
const heapGrowth = (await settledHeap()) - heapBefore;

const left: Readonly<Record<string, number>> = {
  'messages that came otherwise than they were sent': wrong,
  'calls in flight': inFlight,
  'sessions of the server': served.size,
  sockets: resources(/^TCPSocketWrap$/),
  timers: resources(/^Timeout$/),
  'unhandled rejections': unhandled.length,
  'KiB of heap, over 512': Math.max(0, Math.round(heapGrowth / 1024) - 512),
};
const way = `${sessions} sessions of ${messages} messages each way`;
console.log(`${way}, ${drops} connections dropped, ${(tookMs / 1_000).toFixed(1)} s, seed ${seed}`);
for (const [what, amount] of Object.entries(left)) console.log(`left: ${what}: ${amount}`);
if (drops < sessions)
  throw new Error(`Only ${drops} connections were dropped: the soak shows nothing`);
process.exitCode = Object.values(left).every((amount) => amount === 0) ? 0 : 1;
