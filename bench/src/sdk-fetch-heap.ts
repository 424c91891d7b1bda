// One measurement of sdk-fetch, in a process of its own: prints the KiB of heap that one open, silent
// stream of an SDK holds.
import { type FetchName, type Provider, sdkCalls } from './sdk-calls.ts';

const [provider, fetchName, origin, count] = process.argv.slice(2) as [
  Provider,
  FetchName,
  string,
  string,
];
const streams = Number(count);
const warmUps = 3;
const calls = sdkCalls(provider, fetchName, origin, streams + warmUps);

async function open(): Promise<unknown> {
  const stream = await calls.open('idle');
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  return { stream, iterator, waiting: iterator.next() };
}

const first = await Promise.all(Array.from({ length: warmUps }, open));
globalThis.gc?.();
const before = process.memoryUsage().heapUsed;
const held = await Promise.all(Array.from({ length: streams }, open));
globalThis.gc?.();
console.log((process.memoryUsage().heapUsed - before) / streams / 1024);
// Both are held until here.
void [first, held];
process.exit();
