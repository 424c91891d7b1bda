import type { Clock, TimerHandle } from '@linkspan/concurrency';
import type { HealthSettings } from './health-options.ts';

/** Runs a check again and again: an interval lies between the end of one and the begin of the next. */
export class CheckSchedule {
  readonly #check: () => Promise<void>;
  readonly #settings: HealthSettings;
  readonly #clock: Clock;
  readonly #random: () => number;
  #timer: TimerHandle | undefined;
  #isStopped = false;

  /** @param check must not reject. */
  constructor(
    check: () => Promise<void>,
    settings: HealthSettings,
    clock: Clock,
    random: () => number,
  ) {
    this.#check = check;
    this.#settings = settings;
    this.#clock = clock;
    this.#random = random;
    this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    const { intervalMs, jitter } = this.#settings;
    if (intervalMs === Infinity || this.#isStopped) return;
    const waitMs = intervalMs * (1 + jitter * (2 * this.#random() - 1));
    this.#timer = this.#clock.setTimeout(() => void this.#run(), waitMs);
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    await this.#check();
    this.#arm();
  }
}
