import { memoryStore, RetryBudget } from '@linkspan/resilience';
import { ManualClock } from '@linkspan/concurrency';
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { expectSameAsModel, type Step } from '../expect-same-as-model.ts';

const RATIO = 0.2;
const PER_SECOND = 1;
/** After so many additions those that wait are counted. */
const MOST_WAITING = 16;

/** What was added to a count, each with its slot; nothing is ever thrown away. */
class Log {
  readonly #slotMs: number;
  readonly #slots: number;
  readonly #counted: { readonly slot: number; readonly what: 'call' | 'attempt' }[] = [];
  #waiting: ('call' | 'attempt')[] = [];

  constructor(windowMs: number, slots: number) {
    this.#slotMs = windowMs / slots;
    this.#slots = slots;
  }

  add(what: 'call' | 'attempt', now: number): void {
    this.#waiting.push(what);
    if (this.#waiting.length === MOST_WAITING) this.#count(now);
  }

  within(what: 'call' | 'attempt', now: number): number {
    this.#count(now);
    const oldest = Math.floor(now / this.#slotMs) - this.#slots;
    return this.#counted.filter((each) => each.what === what && each.slot > oldest).length;
  }

  #count(now: number): void {
    const slot = Math.floor(now / this.#slotMs);
    this.#counted.push(...this.#waiting.map((what) => ({ slot, what })));
    this.#waiting = [];
  }
}

interface Model {
  readonly share: Log;
  readonly recent: Log;
  readonly told: { allowed: number; refused: number };
}

/** Two budgets that share their counts. */
interface Real {
  readonly budgets: readonly [RetryBudget, RetryBudget];
  readonly clock: ManualClock;
}

type BudgetStep = Step<Model, Real>;

function record(calls: number): BudgetStep {
  return {
    run: ({ share }, { budgets, clock }) => {
      for (let call = 0; call < calls; call += 1) {
        share.add('call', clock.now());
        budgets[call % 2]!.record();
      }
    },
    toString: () => `record(${calls})`,
  };
}

function take(tries: number): BudgetStep {
  return {
    run: ({ share, recent, told }, { budgets, clock }) => {
      const now = clock.now();
      for (let each = 0; each < tries; each += 1) {
        const isShare = share.within('attempt', now) + 1 <= share.within('call', now) * RATIO;
        const isAllowed = isShare || recent.within('attempt', now) + 1 <= 10 * PER_SECOND;
        if (budgets[each % 2]!.take() !== isAllowed) {
          throw new Error(`Expected ${isAllowed ? 'an' : 'no'} attempt at ${now}`);
        }
        told[isAllowed ? 'allowed' : 'refused'] += 1;
        if (!isAllowed) continue;
        share.add('attempt', now);
        recent.add('attempt', now);
      }
      const [one, other] = budgets;
      if (one.allowed + other.allowed !== told.allowed) throw new Error('Told other attempts');
      if (one.refused + other.refused !== told.refused) throw new Error('Told other refusals');
    },
    toString: () => `take(${tries})`,
  };
}

function pass(ms: number): BudgetStep {
  return {
    run: (_, { clock }) => clock.advance(ms),
    toString: () => `pass(${ms})`,
  };
}

describe('RetryBudget', () => {
  it('allows what an exact log of calls and attempts allows, whatever comes in whatever order', async () => {
    await expectSameAsModel<Model, Real>({
      name: 'RetryBudget',
      count: 2500,
      steps: [
        fc.integer({ min: 1, max: 60 }).map(record),
        fc.integer({ min: 1, max: 12 }).map(take),
        fc.constantFrom(1, 99, 100, 350, 1000, 4000, 10_000).map(pass),
      ],
      begin: () => {
        const clock = new ManualClock();
        const store = memoryStore({ clock });
        const options = { store, ratio: RATIO, minPerSecond: PER_SECOND };
        return {
          model: {
            share: new Log(1_000, 10),
            recent: new Log(10_000, 10),
            told: { allowed: 0, refused: 0 },
          },
          real: { budgets: [new RetryBudget(options), new RetryBudget(options)], clock },
        };
      },
    });
  });
});
