import { setting, type SettingsTable } from '@linkspan/core';
import type { ReceivedRequest } from './received-request.ts';

/** To which requests something applies. */
export interface Schedule {
  /**
   * To how many of them; `Infinity` for all.
   *
   * @default 1 without `when` and `probability`, with them Infinity
   */
  readonly times?: number;
  /** Only to requests for which it gives `true`. @default all */
  readonly when?: (request: ReceivedRequest) => boolean;
  /** By chance, from 0 to 1, with the seed of the server. @default 1 */
  readonly probability?: number;
}

/** A schedule as it was given, with its defaults. */
export interface ScheduleSettings {
  readonly times: number | undefined;
  readonly when: ((request: ReceivedRequest) => boolean) | undefined;
  readonly probability: number;
}

/** How the options of a schedule are checked. */
export const scheduleSettings: SettingsTable<ScheduleSettings, Schedule> = {
  times: setting.integer({ optional: true, min: 1, orInfinity: true, env: false }),
  when: setting.callback<(request: ReceivedRequest) => boolean>({ optional: true }),
  probability: setting.number({ default: 1, min: 0, max: 1, env: false }),
};

interface Entry<Value> {
  readonly value: Value;
  readonly schedule: ScheduleSettings;
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

  /** @param times to how many requests, where the schedule does not say */
  add(value: Value, schedule: ScheduleSettings, times: number): void {
    this.#entries.push({ value, schedule, left: schedule.times ?? times });
  }

  /** What applies to a request, which uses it up once. */
  take(request: ReceivedRequest): Value | undefined {
    const entry = this.#entries.find(({ schedule: { when, probability } }) => {
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
