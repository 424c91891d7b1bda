import { defineSettings, setting } from '@linkspan/core';
import type { ReceivedRequest } from './received-request.ts';

/** To which requests something applies. */
export interface Schedule {
  /**
   * To how many of them; `Infinity` for all.
   *
   * @default 1 for stumbles, without `when` and `probability`; else Infinity
   */
  readonly times?: number;
  /** Only to requests for which it gives `true`. @default all */
  readonly when?: (request: ReceivedRequest) => boolean;
  /** By chance, from 0 to 1, with the seed of the server. @default 1 */
  readonly probability?: number;
}

/** How the options of a schedule are checked. */
export const scheduleSettings = defineSettings({
  times: setting.integer({ optional: true, min: 1, orInfinity: true, env: false }),
  when: setting.callback<(request: ReceivedRequest) => boolean>({ optional: true }),
  probability: setting.number({ default: 1, min: 0, max: 1, env: false }),
});

interface Plan {
  readonly times: number;
  readonly when?: ((request: ReceivedRequest) => boolean) | undefined;
  readonly probability: number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly plan: Plan;
  left: number;
}

/** What applies to which request: the first that was added, and is not used up. */
export class Scheduled<Value> {
  readonly #random: () => number;
  #entries: Entry<Value>[] = [];

  /** @param random decides about probabilities: from 0 up to 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  add(value: Value, plan: Plan): void {
    this.#entries.push({ value, plan, left: plan.times });
  }

  /** What applies to a request, which uses it up once. */
  take(request: ReceivedRequest): Value | undefined {
    const entry = this.#entries.find(({ plan: { when, probability } }) => {
      if (when !== undefined && !when(request)) return false;
      return probability === 1 || this.#random() < probability;
    });
    if (entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left === 0) this.#entries = this.#entries.filter((other) => other !== entry);
    return entry.value;
  }

  clear(): void {
    this.#entries = [];
  }
}
