import { StreamGapError } from '@linkspan/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numbered } from './numbered-dialect.ts';
import { readAll } from './open-words.ts';
import { reset, resumeScene, settled, type Step } from './resume-scene.ts';

/** What one connection does with the log: where it begins, what it does on the way, how it breaks. */
const connection = fc.record({
  /** It starts over, honours the cursor, or begins a few events before or behind it. */
  from: fc.oneof(fc.constant('start' as const), fc.integer({ min: -3, max: 2 })),
  length: fc.integer({ min: 0, max: 8 }),
  /** Events that were sent before and are sent again, each behind that many others. */
  repeats: fc.array(fc.record({ at: fc.nat(8), which: fc.nat(20) }), { maxLength: 3 }),
  pieces: fc.boolean(),
  drop: fc.constantFrom('reset' as const, 'eof' as const, 'refused' as const),
});

const script = fc.record({
  log: fc.integer({ min: 1, max: 20 }),
  connections: fc.array(connection, { maxLength: 8 }),
  ids: fc.constantFrom('counting' as const, 'opaque' as const),
  idIn: fc.constantFrom('frame' as const, 'data' as const),
});

type Script = typeof script extends fc.Arbitrary<infer Value> ? Value : never;

type Plan = Script['connections'][number];

const event = (count: number): string => `${count}:w${count} `;

/** The first event that a connection sends behind this one. */
function firstOf({ from }: Plan, behind: number, ids: Script['ids']): number {
  // Nobody can see what is missing before the first event of all, or among ids that are mere names.
  if (from === 'start' || behind === 0) return 1;
  return Math.max(1, behind + 1 + (ids === 'opaque' ? Math.min(0, from) : from));
}

/** What a connection sends: a part of the log, with repeats, and then it breaks. */
function play(plan: Plan, first: number, log: number): readonly Step[] | Error {
  if (plan.drop === 'refused') return reset();
  const sent: string[] = [];
  for (let count = first; count < first + plan.length && count <= log; count += 1) {
    sent.push(event(count));
    for (const { at, which } of plan.repeats) {
      const repeat = event(1 + (which % count));
      // The same id twice in a row may also be an event without an id of its own.
      if (at === count - first && sent.at(-1) !== repeat) sent.push(repeat);
    }
  }
  const steps: Step[] = plan.pieces ? sent : [sent.join('')];
  return plan.drop === 'reset' ? [...steps, reset()] : steps;
}

/** Reads a log of events from a server that follows a script, and behaves at its end. */
async function run({ log, connections, ids, idIn }: Script) {
  const plans = connections.values();
  let hasSkipped = false;
  const scene = resumeScene(({ headers }) => {
    const behind = Number(headers?.['last-event-id'] ?? 0);
    const { value: plan } = plans.next();
    if (plan === undefined) {
      const rest = Array.from({ length: log - behind }, (_, offset) => event(behind + offset + 1));
      return [...rest, 'END '];
    }
    const first = firstOf(plan, behind, ids);
    hasSkipped ||= first > behind + 1 && first <= log && plan.length > 0 && plan.drop !== 'refused';
    return play(plan, first, log);
  });
  const opening = scene.stream({
    dialect: numbered({ ids, idIn }),
    retry: { maxRetries: 10, baseDelayMs: 0 },
    resume: { maxAttempts: Infinity, baseDelayMs: 0 },
  });
  const stream = await settled(opening, scene.clock);
  const { events, error } = await settled(readAll(stream), scene.clock);
  const { status } = await stream.outcome;
  return { events, error, status, hasSkipped };
}

describe('any script of drops, repeats and restarts over a log', () => {
  it('gives the log once and in order, or fails: never a complete stream with something missing', async () => {
    const outcomes: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(script, async (given) => {
        const { events, error, status, hasSkipped } = await run(given);
        const whole = Array.from({ length: given.log }, (_, offset) => `w${offset + 1}`);

        expect(events).toEqual(whole.slice(0, events.length));
        const isWhole = events.length === whole.length;
        expect({ status, isWhole, isGap: error instanceof StreamGapError }).toEqual(
          hasSkipped
            ? { status: 'failed', isWhole: false, isGap: true }
            : { status: 'complete', isWhole: true, isGap: false },
        );
        outcomes[status] = (outcomes[status] ?? 0) + 1;
      }),
      { numRuns: 300 },
    );

    expect(outcomes['complete']).toBeGreaterThan(10);
    expect(outcomes['failed']).toBeGreaterThan(10);
  }, 60_000);
});
