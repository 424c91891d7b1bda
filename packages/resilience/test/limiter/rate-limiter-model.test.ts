import { ManualClock } from '@linkspan/concurrency';
import { type Priority, type RateLimitLease, RateLimiter } from '@linkspan/resilience';
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { expectSameAsModel, type Step } from '../expect-same-as-model.ts';

const MAX_IN_FLIGHT = 3;
const LEVELS: readonly Priority[] = ['high', 'normal', 'low'];

interface Waiting {
  readonly id: number;
  readonly level: number;
  readonly caller: AbortController;
}

/** Who waits and who holds a permit, by what was done and by who was told; not by the limiter's word. */
interface Model {
  waiting: Waiting[];
  held: RateLimitLease[];
  lastId: number;
}

interface Real {
  readonly limiter: RateLimiter;
  readonly clock: ManualClock;
}

type LimiterStep = Step<Model, Real>;

function fail(message: string): never {
  throw new Error(message);
}

/** Lets promise jobs run, then looks whether all that has to hold does. */
async function check(model: Model, { limiter, clock }: Real): Promise<void> {
  await clock.advance(0);
  if (Number.isNaN(model.lastId)) fail('somebody was served out of turn, or refused');
  if (limiter.waiting !== model.waiting.length) fail(`${limiter.waiting} wait`);
  if (limiter.inFlight !== model.held.length) fail(`${limiter.inFlight} are in flight`);
  if (model.held.length > MAX_IN_FLIGHT) fail('more are in flight than may be');
  if (model.waiting.length === 0 && clock.pendingTimers > 0) fail('a timer is left');
}

class Acquire implements LimiterStep {
  readonly #level: number;

  constructor(level: number) {
    this.#level = level;
  }

  toString = (): string => `acquire(${LEVELS[this.#level]})`;

  async run(model: Model, real: Real): Promise<void> {
    const caller = new AbortController();
    const waiting = { id: (model.lastId += 1), level: this.#level, caller };
    model.waiting.push(waiting);
    real.limiter
      .acquire({ priority: LEVELS[this.#level], signal: caller.signal })
      .then((lease) => {
        const next = model.waiting.toSorted((a, b) => a.level - b.level || a.id - b.id)[0];
        if (next !== waiting) fail(`${waiting.id} was served before ${next?.id}`);
        model.waiting = model.waiting.filter((each) => each !== waiting);
        model.held.push(lease);
      })
      .catch((error: unknown) => {
        if (error !== caller.signal.reason) model.lastId = Number.NaN;
        model.waiting = model.waiting.filter((each) => each !== waiting);
      });
    await check(model, real);
  }
}

class Release implements LimiterStep {
  check = (model: Readonly<Model>): boolean => model.held.length > 0;
  toString = (): string => 'release';

  async run(model: Model, real: Real): Promise<void> {
    const lease = model.held.shift();
    lease?.release();
    lease?.release();
    await check(model, real);
  }
}

class Leave implements LimiterStep {
  readonly #which: number;

  constructor(which: number) {
    this.#which = which;
  }

  check = (model: Readonly<Model>): boolean => model.waiting.length > 0;
  toString = (): string => `leave(${this.#which})`;

  async run(model: Model, real: Real): Promise<void> {
    model.waiting[this.#which % model.waiting.length]!.caller.abort(new Error('left'));
    await check(model, real);
  }
}

class Pass implements LimiterStep {
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  toString = (): string => `pass(${this.#ms})`;

  async run(model: Model, real: Real): Promise<void> {
    await real.clock.advance(this.#ms);
    await check(model, real);
    // Nobody waits in vain: a second is what one request needs, and five are the longest pause.
    if (this.#ms >= 6000 && model.waiting.length > 0 && model.held.length < MAX_IN_FLIGHT) {
      fail('somebody waits while there is a place');
    }
  }
}

class Pause implements LimiterStep {
  toString = (): string => 'pause';

  async run(model: Model, real: Real): Promise<void> {
    real.limiter.pause(5000);
    await check(model, real);
  }
}

describe('RateLimiter', () => {
  it('serves everybody in turn, loses nobody and leaves nothing, whatever comes in whatever order', async () => {
    await expectSameAsModel<Model, Real>({
      name: 'RateLimiter',
      count: 2500,
      steps: [
        fc.nat(2).map((level) => new Acquire(level)),
        fc.nat(2).map((level) => new Acquire(level)),
        fc.constant(new Release()),
        fc.nat(9).map((which) => new Leave(which)),
        fc.constantFrom(1, 400, 1000, 6000).map((ms) => new Pass(ms)),
        fc.constant(new Pause()),
      ],
      begin: () => {
        const clock = new ManualClock();
        const limiter = new RateLimiter({
          requestsPerMinute: 60,
          burst: 2,
          maxInFlight: MAX_IN_FLIGHT,
          clock,
        });
        return { model: { waiting: [], held: [], lastId: 0 }, real: { limiter, clock } };
      },
    });
  });
});
