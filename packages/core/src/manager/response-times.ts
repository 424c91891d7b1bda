const AVERAGE_WEIGHT = 0.3;
const BASELINE_WEIGHT = 0.1;
const WINDOW = 128;
/** How many response times make a baseline. */
const WARM_UP = 5;
/** What is slower by less is noise, whatever the ratio. */
const LEAST_EXCESS_MS = 10;

/** When a response time counts as slow. */
export interface SlowLimits {
  readonly degradedAboveMs: number;
  readonly degradedRatio: number;
}

/** The response times of one client: the last, two moving averages, and a window for quantiles. */
export class ResponseTimes {
  lastMs: number | undefined;
  ewmaMs: number | undefined;
  baselineMs: number | undefined;
  readonly #limits: SlowLimits;
  readonly #window: number[] = [];
  #next = 0;
  #usual = 0;

  constructor(limits: SlowLimits) {
    this.#limits = limits;
  }

  /** Takes a response time in, and says whether it was slow. Slow ones do not move the baseline. */
  add(ms: number): 'good' | 'slow' {
    const isSlow = this.#isSlow(ms);
    this.lastMs = ms;
    this.ewmaMs = average(this.ewmaMs, ms, AVERAGE_WEIGHT);
    this.#window[this.#next] = ms;
    this.#next = (this.#next + 1) % WINDOW;
    if (isSlow) return 'slow';
    this.baselineMs = average(this.baselineMs, ms, BASELINE_WEIGHT);
    this.#usual += 1;
    return 'good';
  }

  /** The nearest-rank quantile of the last 128. */
  get p95Ms(): number | undefined {
    const sorted = this.#window.toSorted((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * 0.95) - 1];
  }

  #isSlow(ms: number): boolean {
    const { degradedAboveMs, degradedRatio } = this.#limits;
    if (ms > degradedAboveMs) return true;
    if (this.baselineMs === undefined || this.#usual < WARM_UP) return false;
    return ms > this.baselineMs * degradedRatio && ms - this.baselineMs > LEAST_EXCESS_MS;
  }
}

function average(before: number | undefined, ms: number, weight: number): number {
  return before === undefined ? ms : before + weight * (ms - before);
}
