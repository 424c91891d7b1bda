// What do the official SDKs cost over their default fetch, and over `createFetch()` (G7)? CPU of a
// call and of a paced event, the time to the first event, and the heap of an open stream. Below both
// lies what the SDKs cost over next to nothing: undici's `dispatch`, bare.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compare, type Contender, quantile, type Row } from './measure.ts';
import { printRows } from './print.ts';
import type { Question } from './question.ts';
import { type FetchName, type Provider, type SdkCalls, sdkCalls } from './sdk-calls.ts';
import { startServer } from './start-server.ts';

const reference = 'default fetch';

interface Load {
  readonly streams: number;
  readonly events: number;
  readonly everyMs: number;
}

async function worker(calls: SdkCalls, left: { units: number }): Promise<void> {
  while (left.units > 0) {
    left.units -= 1;
    await calls.call();
  }
}

function callers(
  fetches: readonly FetchName[],
  provider: Provider,
  origin: string,
  concurrency: number,
): Contender[] {
  return fetches.map((name) => {
    const calls = sdkCalls(provider, name, origin, concurrency);
    return {
      name,
      async run(units) {
        const left = { units };
        await Promise.all(Array.from({ length: concurrency }, () => worker(calls, left)));
      },
      close: () => calls.close(),
    };
  });
}

async function readAll(calls: SdkCalls, { events, everyMs }: Load): Promise<void> {
  let count = 0;
  const query = `events=${events}&everyMs=${everyMs}`;
  const stream = await (calls.openChat?.(query) ?? calls.open(query));
  for await (const event of stream) count += event === undefined ? 0 : 1;
  // The first and the last may be events, too.
  if (count < events) throw new Error(`A stream had ${count} events, not ${events}`);
}

function readers(
  fetches: readonly FetchName[],
  provider: Provider,
  origin: string,
  load: Load,
): Contender[] {
  return fetches.map((name) => {
    const calls = sdkCalls(provider, name, origin, load.streams);
    return {
      name,
      async run() {
        await Promise.all(Array.from({ length: load.streams }, () => readAll(calls, load)));
      },
      close: () => calls.close(),
    };
  });
}

/** Milliseconds until the first event of each of many streams that are opened at once: the median. */
async function firstEvents(calls: SdkCalls, streams: number): Promise<number> {
  const times = await Promise.all(
    Array.from({ length: streams }, async () => {
      const start = performance.now();
      let first: number | undefined;
      // To the end, so that the next round finds the connections open.
      for await (const event of await calls.open('events=1&everyMs=100')) {
        if (event !== undefined) first ??= performance.now() - start;
      }
      return first as number;
    }),
  );
  return quantile(times, 0.5);
}

async function timeToFirstEvent(
  fetches: readonly FetchName[],
  provider: Provider,
  origin: string,
  rounds: number,
): Promise<Map<string, number[]>> {
  const streams = 100;
  const contenders = fetches.map(
    (name) => [name, sdkCalls(provider, name, origin, streams)] as const,
  );
  const samples = new Map<string, number[]>(fetches.map((name) => [name, []]));
  for (let round = -2; round < rounds; round += 1) {
    // Each goes first in its turn, and behind either of the others: some leave more to collect.
    const first = (round + 2) % contenders.length;
    const turned = [...contenders.slice(first), ...contenders.slice(0, first)];
    for (const [name, calls] of round % 2 === 0 ? turned : turned.toReversed()) {
      globalThis.gc?.({ type: 'minor' });
      const ms = await firstEvents(calls, streams);
      if (round >= 0) samples.get(name)?.push(ms);
    }
  }
  for (const [, calls] of contenders) await calls.close();
  return samples;
}

function heapOfStream(
  fetches: readonly FetchName[],
  provider: Provider,
  origin: string,
  rounds: number,
  streams: number,
): Map<string, number[]> {
  const script = fileURLToPath(new URL('./sdk-fetch-heap.ts', import.meta.url));
  const samples = new Map<string, number[]>(fetches.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of fetches) {
      const args = [...process.execArgv, script, provider, name, origin, String(streams)];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${provider} over ${name} ended with ${status}: ${stderr}`);
      samples.get(name)?.push(Number(stdout));
    }
  }
  return samples;
}

/** Prints measures that are no CPU time, as {@link printRows} does those. */
function printSamples(title: string, unit: string, samples: ReadonlyMap<string, number[]>): void {
  const base = samples.get(reference) as number[];
  console.log(`\n${title}`);
  for (const [name, values] of samples) {
    const ratios = values.map((value, round) => value / (base[round] as number));
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) =>
      quantile(ratios, share).toFixed(2),
    );
    const value = quantile(values, 0.5).toFixed(1).padStart(7);
    console.log(`${name.padEnd(15)}  ${value} ${unit}  ${middle}  (${low}–${high})`);
  }
}

/** Prints what an SDK costs in each of these ways, over its default fetch in the same run. */
export async function compareSdks(
  ways: readonly FetchName[],
  { brief }: { readonly brief: boolean },
): Promise<void> {
  const fetches = [reference, ...ways] as const;
  const server = await startServer('./sdk-server.ts');
  const rounds = brief ? 2 : 9;
  for (const provider of ['openai', 'anthropic'] as const) {
    const print = (title: string, rows: readonly Row[]): void =>
      printRows(`${provider}, ${title}`, reference, rows);
    for (const concurrency of [1, 100]) {
      const units = brief ? 50 : 1500;
      const plan = { reference, rounds, units };
      const list = callers(fetches, provider, server.origin, concurrency);
      print(`one call, c=${concurrency}`, await compare(list, plan));
    }
    const load = { streams: 100, events: brief ? 5 : 50, everyMs: 10 };
    const units = load.streams * load.events;
    const list = readers(fetches, provider, server.origin, load);
    print('one paced event', await compare(list, { reference, rounds, units }));
    printSamples(
      `${provider}, first event of 100 streams`,
      'ms',
      // A round takes a tenth of a second, and one time of a busy machine says little.
      await timeToFirstEvent(fetches, provider, server.origin, brief ? rounds : 4 * rounds),
    );
    printSamples(
      `${provider}, heap of an open stream`,
      'KiB',
      heapOfStream(fetches, provider, server.origin, brief ? 1 : 5, brief ? 50 : 500),
    );
  }
  await server.stop();
}

export const sdkFetch: Question = {
  asks: 'the openai and anthropic SDKs over createFetch() and over their default fetch (G7)',
  run: (options) => compareSdks(['createFetch()', 'bare dispatch'], options),
};
