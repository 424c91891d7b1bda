import { type AttemptBudget, parseSettings, setting, type SettingsTable } from '@linkspan/core';
import { memoryStore } from '../store/memory-store.ts';
import { storeSetting } from '../store/store-setting.ts';
import type { Store } from '../store/store.ts';
import type { Tally } from '../store/tally.ts';

/** The share of further attempts: over a second, so that they come as evenly as the calls do. */
const SHARE = { windowMs: 1_000, slots: 10 };
/** What may always be had: over ten seconds, so that few calls may fail together. */
const FLOOR = { windowMs: 10_000, slots: 10 };

/** How many further attempts a {@link RetryBudget} allows. */
export interface RetryBudgetOptions {
  /** How many further attempts there may be for each call, over a second. @default 0.1 */
  readonly ratio?: number | undefined;
  /**
   * How many further attempts a second there may be however few the calls are: ten times as many in
   * any ten seconds. @default 3
   */
  readonly minPerSecond?: number | undefined;
  /** Where the counts are kept. @default memoryStore() */
  readonly store?: Store | undefined;
  /** The name of the counts in the store: budgets of the same name share them. @default 'retry-budget' */
  readonly key?: string | undefined;
}

interface RetryBudgetSettings {
  readonly ratio: number;
  readonly minPerSecond: number;
  readonly store: Store | undefined;
  readonly key: string;
}

/** The table of {@link RetryBudgetOptions}. */
export const retryBudgetSettings: SettingsTable<RetryBudgetSettings, RetryBudgetOptions> = {
  ratio: setting.number({ default: 0.1, min: 0 }),
  minPerSecond: setting.number({ default: 3, min: 0 }),
  store: storeSetting,
  key: setting.string({ default: 'retry-budget', env: false }),
};

/**
 * Bounds what is sent in addition to the calls themselves: retries, hedges, attempts to reconnect or
 * resume. A peer that is down for a minute is then sent 10 % more than what it is called for, and not
 * three times as much, which is what keeps it down.
 *
 * In any second there may be a tenth as many further attempts as there were calls, and in any ten
 * seconds at least thirty. Share one between all that calls the same peer.
 *
 * ```ts
 * const budget = new RetryBudget();
 * const client = createHttpClient({ baseUrl, retry: { budget } });
 * ```
 */
export class RetryBudget implements AttemptBudget {
  readonly #ratio: number;
  readonly #floor: number;
  /** Calls, and further attempts. */
  readonly #share: Tally;
  /** Further attempts, in the second count. */
  readonly #recent: Tally;
  #allowed = 0;
  #refused = 0;

  /** @throws ConfigurationError for options that are not right. */
  constructor(options: RetryBudgetOptions = {}) {
    const settings = parseSettings('new RetryBudget()', retryBudgetSettings, options);
    const { ratio, minPerSecond, key, store = memoryStore() } = settings;
    this.#ratio = ratio;
    this.#floor = (minPerSecond * FLOOR.windowMs) / 1000;
    this.#share = store.tally(key, SHARE);
    this.#recent = store.tally(key, FLOOR);
  }

  /** How many further attempts were had here, since it was made. */
  get allowed(): number {
    return this.#allowed;
  }

  /** How often there was none to be had here. */
  get refused(): number {
    return this.#refused;
  }

  /** A call begins: it is sent for the first time. */
  record(): void {
    this.#share.add(1, 0);
  }

  /** Takes one further attempt out of the budget; `false` when there is none. */
  take(): boolean {
    const isShare = this.#share.second + 1 <= this.#share.first * this.#ratio;
    if (!isShare && this.#recent.second + 1 > this.#floor) {
      this.#refused += 1;
      return false;
    }
    this.#allowed += 1;
    this.#share.add(0, 1);
    this.#recent.add(0, 1);
    return true;
  }
}
