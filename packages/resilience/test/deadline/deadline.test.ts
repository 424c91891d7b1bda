import { LinkspanError, type Phase, TimeoutError } from '@linkspan/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallTrace, Place } from './call-trace.ts';
import { compositions, type Ended, type Findings, runComposition } from './run-composition.ts';

/** `LINKSPAN_COMPOSITIONS=10000` for a long run. */
const longRun = process.env['LINKSPAN_COMPOSITIONS'];

function fail(message: string): never {
  throw new Error(message);
}

/** In which phases a call can be that is in a place. */
const PHASES: Readonly<Record<Place, readonly (Phase | undefined)[]>> = {
  'rate limit': ['queue'],
  bulkhead: ['queue'],
  'adaptive concurrency': ['queue'],
  standard: ['queue'],
  'hedging standard': ['queue'],
  wire: ['connect', 'headers', 'queue'],
  retry: [],
  hedge: [],
  fallback: [],
  'circuit breaker': [],
  timeout: [],
};

const QUEUES: readonly Place[] = ['rate limit', 'bulkhead', 'adaptive concurrency'];

/** Several requests at a time, or several places in one. */
const MANIFOLD: readonly Place[] = ['hedge', 'standard', 'hedging standard'];

/** The words by which a failure names a place where calls wait for their turn. */
const WORDS: Readonly<Partial<Record<Place, RegExp>>> = {
  'rate limit': /rate limit/,
  bulkhead: /bulkhead/,
  'adaptive concurrency': /adaptive limit/,
};

function checkEnded(call: Ended, { trace, places }: Findings): void {
  const { plan, id, deadlineAt, settledAt, error, reason, listeners, explained } = call;
  const { enteredAt, leftAt } = trace.lastTimes(id);
  const isUnread = plan.does === 'leaves unread' && call.hadHead;
  if (!isUnread && settledAt > deadlineAt)
    fail(`call ${id} settled at ${settledAt}, after ${deadlineAt}`);
  if (enteredAt > deadlineAt) fail(`call ${id} was sent on at ${enteredAt}`);
  if (leftAt > settledAt) fail(`call ${id} is over since ${settledAt}, and worked until ${leftAt}`);
  if (listeners > 0) fail(`call ${id} left ${listeners} listeners`);
  if (error === undefined) {
    // An answer that a fallback has made of a value is there whenever it is read.
    if (isUnread && !places.has('fallback')) fail(`call ${id} was read after its deadline`);
    return;
  }
  if (error === reason) {
    if (!isUnread && settledAt > plan.startMs + plan.abortMs!) fail(`call ${id} was left late`);
    return;
  }
  if (!(error instanceof LinkspanError)) throw error;
  if (explained === undefined) fail(`call ${id} cannot be explained: ${error.message}`);
  if (settledAt === deadlineAt && !isUnread) checkName(call, error, trace);
}

/** The failure at the deadline names where the time went out. */
function checkName(
  { id, settledAt, hadHead }: Ended,
  error: LinkspanError,
  trace: CallTrace,
): void {
  const places = [...trace.placesUntil(id, settledAt)];
  const phases =
    places.length === 0 ? (['body', 'backoff'] as const) : places.flatMap((place) => PHASES[place]);
  const told = `${error.name}, ${error.phase}: ${error.message}`;
  const found = `call ${id} was in ${places.join(', ') || 'its body'} at its deadline`;
  if (places.length === 0 && !hadHead) fail(`${found}, and had no head; it failed with ${told}`);
  if (!(phases as readonly unknown[]).includes(error.phase))
    fail(`${found}; it failed with ${told}`);
  const isByLimit = error.kind === 'rate-limit';
  if (!isByLimit && !(error instanceof TimeoutError && error.clock === 'totalMs')) {
    fail(`${found}; it failed with ${told}`);
  }
  const words = places.map((place) => WORDS[place]);
  if (words.length === 0 || words.includes(undefined)) return;
  if (!words.some((word) => word?.test(error.message))) fail(`${found}; it failed with ${told}`);
}

/** What explains a failure tells the same of where the time went as the places do. */
function checkExplained({ id, plan, explained }: Ended, { trace, places }: Findings): void {
  if (explained === undefined || MANIFOLD.some((place) => places.has(place))) return;
  if (plan.does === 'resumes' || explained.endedBy === 'caller' || explained.omitted > 0) return;
  const told = { queue: 0, wire: 0 };
  for (const [index, { event, atMs }] of explained.entries.entries()) {
    const ms = (explained.entries[index + 1]?.atMs ?? atMs) - atMs;
    if (event === 'queue') told.queue += ms;
    if (event === 'attempt' || event === 'connect' || event === 'headers') told.wire += ms;
  }
  const times = trace.timeIn(id);
  const queue = QUEUES.reduce((sum, place) => sum + (times.get(place) ?? 0), 0);
  const wire = times.get('wire') ?? 0;
  if (Math.abs(queue - told.queue) > 0.01 || Math.abs(wire - told.wire) > 0.01) {
    fail(`call ${id} was ${queue} ms in queues and ${wire} ms on the wire; ${explained.summary}`);
  }
}

function check(findings: Findings): void {
  const { ended, late, timers, held } = findings;
  if (late > 0) fail(`${late} requests were sent after their deadline`);
  for (const call of ended) {
    checkEnded(call, findings);
    checkExplained(call, findings);
  }
  if (timers > 0) fail(`${timers} timers are left`);
  if (held.length > 0) fail(`still held: ${held.join(', ')}`);
}

describe('a deadline', () => {
  const timeout = longRun === undefined ? 60_000 : 600_000;
  it(
    'ends all that is done for a call, and its failure names what used the time up',
    { timeout },
    async () => {
      const counts = { calls: 0, compositions: 0, atDeadline: 0 };
      await fc.assert(
        fc.asyncProperty(compositions, async (composition) => {
          const findings = await runComposition(composition);
          counts.compositions += 1;
          counts.calls += findings.ended.length;
          counts.atDeadline += findings.ended.filter(isByDeadline).length;
          check(findings);
        }),
        { numRuns: Number(longRun ?? 250) },
      );

      expect(counts.atDeadline).toBeGreaterThan(counts.calls / 5);
      if (longRun === undefined) return;
      const { calls, atDeadline } = counts;
      console.log(
        `${counts.compositions} compositions, ${calls} calls, ${atDeadline} to the deadline`,
      );
    },
  );
});

function isByDeadline({ settledAt, deadlineAt, error }: Ended): boolean {
  return error !== undefined && settledAt >= deadlineAt;
}
