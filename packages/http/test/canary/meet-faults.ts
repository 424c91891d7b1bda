import { parallel } from '@linkspan/concurrency';
import { faults, faultServer, type FaultServer, type ListedFault } from '@linkspan/testkit';
import type { HttpClientOptions } from '../../src/client/http-client-options.ts';
import { type CanaryCall, type CanaryOutcome, readers, setups } from './canary-client.ts';
import { type Canaries, leaksIn, looks, makeCanaries, makeKey, marksOf } from './canaries.ts';
import { type RewritingProxy, startRewritingProxy } from './rewriting-proxy.ts';

/** The faults that a client of HTTP can meet. */
export const rows: readonly ListedFault[] = faults.filter(
  ({ wires, available }) => available && (wires.includes('http') || wires.includes('sse')),
);

/** Faults of which nothing comes but what the clocks make of them: they are given little time. */
const silent: ReadonlySet<string> = new Set([
  'connect-hang',
  'never-reads',
  'silent',
  'slow-head',
  'sse-comments-only',
  'sse-idle',
  'sse-lingering',
  'sse-no-progress',
  'stalled-body',
  'tls-stall',
  'trickling-body',
]);

const clocksOf = (ms: number): HttpClientOptions => ({
  connectMs: ms,
  totalMs: 2 * ms,
  stream: { totalMs: 2 * ms },
  firstEventMs: ms,
  idleMs: ms,
  eventIdleMs: ms,
});

/** Numbers of faults that are large, and no other when they are smaller. */
const smaller: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'gzip-bomb': { mebibytes: 17 },
  'brotli-bomb': { mebibytes: 17 },
  'interim-flood': { count: 100 },
  // No waits between tries.
  'retry-after-seconds': { seconds: 0 },
  'retry-after-imf-date': { seconds: 0 },
  'retry-after-rfc850-date': { seconds: 0 },
  'retry-after-asctime-date': { seconds: 0 },
};

/** Faults that take the whole machine, and for how long they may. They come last, one at a time. */
const floods: Readonly<Record<string, number>> = {
  flood: 30,
  'sse-flood': 30,
  'sse-endless-line': 2_000,
  'sse-endless-event': 2_000,
  'gzip-bomb': 2_000,
  'brotli-bomb': 2_000,
};

/** What a fault came to: what was shown of the secrets, and whether the server saw every call. */
export interface Met {
  readonly leaks: readonly string[];
  readonly isMet: boolean;
}

/** A way to make a call with secrets in every place. */
export type Way = (call: CanaryCall) => Promise<CanaryOutcome>;

/** Meets every fault in some ways, several faults at once: some last as long as the clocks. */
export async function meetFaults(ways: readonly Way[]): Promise<ReadonlyMap<string, Met>> {
  const met = new Map<string, Met>();
  await using server = await faultServer({ hang: rows.some(({ place }) => place === 'hang') });
  await using proxy = await startRewritingProxy();
  const meetRow = async (fault: ListedFault): Promise<void> => {
    met.set(fault.id, await meet(fault, rows.indexOf(fault), ways, server, proxy));
  };
  const { loud = [], quiet = [] } = Object.groupBy(rows, ({ id }) =>
    id in floods ? 'loud' : 'quiet',
  );
  await parallel(quiet, meetRow, { concurrency: 8 });
  await parallel(loud, meetRow, { concurrency: 1 });
  return met;
}

/** Meets a fault once in each way; which setup, who reads, and which secrets, turns. */
async function meet(
  fault: ListedFault,
  row: number,
  ways: readonly Way[],
  server: FaultServer,
  proxy: RewritingProxy,
): Promise<Met> {
  const calls = ways.map(async (callBy, turn) => {
    const setup = setups[(Math.floor(row / 9) + turn) % setups.length]!;
    const canaries = makeCanaries(looks[(row + turn) % looks.length]!);
    const keys = keysOf(canaries);
    const marks = marksOf(canaries, keys);
    const url = urlOf(fault, server);
    const reader = readers[(Math.floor(row / looks.length) + turn) % readers.length]!;
    const leaks: string[] = [];
    // On a busy machine a clock may run out before the fault was met: it is met again, with more time.
    for (let ms = floods[fault.id] ?? (silent.has(fault.id) ? 200 : 2_000); ms < 20_000; ms *= 4) {
      const { opened } = server;
      // oxlint-disable-next-line no-await-in-loop -- another try only where one was too early
      const { prints } = await callBy({
        url,
        setup,
        reader,
        canaries,
        keys,
        authority: server.tls.authority,
        proxyPort: proxy.port,
        options: clocksOf(ms),
      });
      leaks.push(...leaksIn(prints, marks));
      const isSeen = hasPath(fault) ? server.requests(url).length > 0 : server.opened > opened;
      if (isSeen || isNobodyThere(fault)) return { leaks, isMet: true };
    }
    return { leaks, isMet: false };
  });
  const outcomes = await Promise.all(calls);
  return {
    leaks: outcomes.flatMap(({ leaks }) => leaks),
    isMet: outcomes.every(({ isMet }) => isMet),
  };
}

/** Whether there is no server to see that it is called. */
function isNobodyThere({ place }: ListedFault): boolean {
  return place === 'refuse' || place === 'hang';
}

const lockedKeys = new Map<string, string>();
const openKey = makeKey();

function keysOf({ tlsKey }: Canaries): readonly [open: string, locked: string] {
  const locked = lockedKeys.get(tlsKey) ?? makeKey(tlsKey);
  lockedKeys.set(tlsKey, locked);
  return [openKey, locked];
}

/** Whether a fault is played at a path, which may have a query of its own; else it is its port. */
function hasPath({ play, place, scheme }: ListedFault): boolean {
  return play !== undefined && place === undefined && scheme === undefined;
}

function urlOf(fault: ListedFault, server: FaultServer): string {
  const { id, play, numbers } = fault;
  if (play === undefined || !hasPath(fault)) return server.url(id);
  const given = { ...numbers, ...smaller[id] };
  return server.script((exchange) => play(exchange, given));
}
