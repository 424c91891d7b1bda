import { ConnectionResetError } from '@linkspan/core';
import { CircuitBreaker } from '@linkspan/resilience';
import * as fc from 'fast-check';
import { describe, it } from 'vitest';
import { expectSameAsModel, type Step } from '../expect-same-as-model.ts';

const OPEN_MS = 1000;
const FAILURES = 3;
const TRIALS = 2;

type Outcome = 'success' | 'failure' | 'nothing';

/** What is known of a breaker by what was done to it, and nothing else. */
interface Model {
  now: number;
  state: 'closed' | 'open' | 'half-open';
  era: number;
  inRow: number;
  openedAt: number;
  inFlight: { readonly era: number; readonly token: number }[];
  /** In this half-open era: let through and not taken back. */
  trials: number;
  successes: number;
}

interface Real {
  readonly breaker: CircuitBreaker;
  readonly clock: { now: number };
}

type BreakerStep = Step<Model, Real>;

function expectSame(model: Model, { breaker }: Real): void {
  if (model.state !== breaker.state) {
    throw new Error(`Expected ${model.state}, found ${breaker.state}`);
  }
}

function become(model: Model, state: Model['state']): void {
  Object.assign(model, { state, inRow: 0, trials: 0, successes: 0 });
  model.era += 1;
  if (state === 'open') model.openedAt = model.now;
}

class Begin implements BreakerStep {
  toString = (): string => 'begin';

  run(model: Model, real: Real): void {
    if (model.state === 'open' && model.now >= model.openedAt + OPEN_MS) become(model, 'half-open');
    const isLet =
      model.state === 'closed' || (model.state === 'half-open' && model.trials < TRIALS);
    let token: number | undefined;
    try {
      token = real.breaker.enter();
    } catch {
      token = undefined;
    }
    if (isLet !== (token !== undefined)) throw new Error(`Expected ${isLet ? '' : 'no '}entry`);
    if (token !== undefined) {
      model.inFlight.push({ era: model.era, token });
      if (model.state === 'half-open') model.trials += 1;
    }
    expectSame(model, real);
  }
}

class End implements BreakerStep {
  readonly #outcome: Outcome;
  readonly #which: number;

  constructor(outcome: Outcome, which: number) {
    this.#outcome = outcome;
    this.#which = which;
  }

  check = (model: Readonly<Model>): boolean => model.inFlight.length > 0;
  toString = (): string => `end(${this.#outcome}, ${this.#which})`;

  run(model: Model, real: Real): void {
    const [call] = model.inFlight.splice(this.#which % model.inFlight.length, 1);
    const { era, token } = call!;
    if (this.#outcome === 'success') real.breaker.succeed(token);
    else if (this.#outcome === 'failure') real.breaker.fail(token, new ConnectionResetError('x'));
    else real.breaker.fail(token, new DOMException('left', 'AbortError'));
    if (era === model.era) this.#count(model);
    expectSame(model, real);
  }

  #count(model: Model): void {
    if (model.state === 'closed') {
      if (this.#outcome === 'success') model.inRow = 0;
      if (this.#outcome === 'failure') model.inRow += 1;
      if (model.inRow === FAILURES) become(model, 'open');
    } else if (this.#outcome === 'failure') become(model, 'open');
    else if (this.#outcome === 'nothing') model.trials -= 1;
    else {
      model.successes += 1;
      if (model.successes === TRIALS) become(model, 'closed');
    }
  }
}

class Pass implements BreakerStep {
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  toString = (): string => `pass(${this.#ms})`;

  run(model: Model, real: Real): void {
    model.now += this.#ms;
    real.clock.now = model.now;
    expectSame(model, real);
  }
}

describe('CircuitBreaker', () => {
  it('does what its model does, whatever comes in whatever order', async () => {
    await expectSameAsModel<Model, Real>({
      name: 'CircuitBreaker',
      count: 5000,
      steps: [
        fc.constant(new Begin()),
        fc.constant(new Begin()),
        fc
          .tuple(fc.constantFrom<Outcome>('success', 'failure', 'failure', 'nothing'), fc.nat(9))
          .map((given) => new End(...given)),
        fc.integer({ min: 0, max: 1200 }).map((ms) => new Pass(ms)),
      ],
      begin: () => {
        const clock = { now: 0 };
        const breaker = new CircuitBreaker('peer', {
          rule: { consecutive: FAILURES },
          openMs: OPEN_MS,
          halfOpenCalls: TRIALS,
          clock: { now: () => clock.now, setTimeout: () => 0, clearTimeout: () => {} },
        });
        const model: Model = {
          now: 0,
          state: 'closed',
          era: 0,
          inRow: 0,
          openedAt: 0,
          inFlight: [],
          trials: 0,
          successes: 0,
        };
        return { model, real: { breaker, clock } };
      },
    });
  });
});
