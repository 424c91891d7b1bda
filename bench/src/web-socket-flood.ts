// A fast peer and a slow reader, and a peer that never reads: 313 MB are offered to each, over the
// client for people and over the channel of a transport. Prints how far the resident memory grew over
// that of a process that has done so before, and fails above 32 MiB. `npm run web-socket-flood`;
// `-- --brief` offers 64 MB. The young generation is small, and collected at each rest: ws copies each
// message out of the chunks that it came in, V8 lets such buffers lie when they are garbage, whoever
// reads, and what counts here is what is held.
import { setTimeout as rest } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createClient } from '@linkspan/core';
import { connectWebSocket, webSocketTransport } from '@linkspan/websocket';
import { startServer } from './start-server.ts';

const MIB = 2 ** 20;
const LIMIT_MIB = 32;
const BLOCK = 64 * 1024;
/** How much is read between two rests, and how long those are. */
const PORTION_BYTES = 4 * MIB;
const REST_MS = 5;
const FIRST_REST_MS = 1_000;
/** How long a sender is watched that nobody reads from. */
const DEAF_MS = 3_000;

const { values } = parseArgs({ options: { brief: { type: 'boolean', default: false } } });
const offered = Math.ceil(((values.brief ? 64 : 313) * 1e6) / BLOCK) * BLOCK;

const server = await startServer('./web-socket-server.ts');
const origin = server.origin.replace('http', 'ws');
const client = createClient({ transport: webSocketTransport(), env: {} });

interface Socket extends AsyncIterable<unknown> {
  send(message: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Runs something, and gives how many bytes it moved and how far the memory grew meanwhile. */
async function watch(run: () => Promise<number>): Promise<readonly [bytes: number, grown: number]> {
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 10);
  const bytes = await run();
  clearInterval(timer);
  return [bytes, (most - before) / MIB];
}

async function readSlowly(socket: Socket): Promise<number> {
  let read = 0;
  let portion = 0;
  await rest(FIRST_REST_MS);
  for await (const message of socket) {
    const { byteLength } = message as Uint8Array;
    read += byteLength;
    portion += byteLength;
    if (portion < PORTION_BYTES) continue;
    portion = 0;
    globalThis.gc?.({ type: 'minor' });
    await rest(REST_MS);
  }
  return read;
}

/** Offers everything at once: each message is sent, and waited for, on its own. */
async function sendToNobody(socket: Socket, size: number): Promise<number> {
  let accepted = 0;
  const block = new Uint8Array(BLOCK);
  const sending = Array.from({ length: size / BLOCK }, () =>
    socket.send(block).then(
      () => {
        accepted += BLOCK;
      },
      () => {},
    ),
  );
  await rest(DEAF_MS);
  await socket.close();
  await Promise.all(sending);
  return accepted;
}

const opens = {
  'connectWebSocket()': (path: string): Promise<Socket> =>
    connectWebSocket(origin + path, { closeMs: 100 }),
  'client.open()': (path: string): Promise<Socket> =>
    client.open({ operation: 'OPEN', target: origin + path }),
};

for (const [name, open] of Object.entries(opens)) {
  const slow = async (size: number): Promise<number> =>
    await readSlowly(await open(`/flood?size=${size}`));
  const deaf = async (size: number): Promise<number> =>
    await sendToNobody(await open('/deaf'), size);
  // What the first socket of a process makes once, compiled code above all, is not held for it.
  await slow(BLOCK * 512);
  const [read, readMiB] = await watch(() => slow(offered));
  await deaf(BLOCK * 512);
  const [accepted, sentMiB] = await watch(() => deaf(offered));
  const size = `${(offered / 1e6).toFixed(0)} MB`;
  console.log(`${name}: ${size} read slowly, resident memory ${readMiB.toFixed(1)} MiB more`);
  console.log(
    `${name}: ${size} offered to a peer that never reads, ${(accepted / 1e6).toFixed(1)} MB accepted, resident memory ${sentMiB.toFixed(1)} MiB more`,
  );
  if (read !== offered) throw new Error(`Read ${read} bytes, not ${offered}`);
  if (readMiB > LIMIT_MIB || sentMiB > LIMIT_MIB) process.exitCode = 1;
}
await client.close();
await server.stop();
