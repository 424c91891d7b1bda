/** What came of a restart with a thousand connections. */
export interface Return {
  readonly connections: number;
  /** All attempts to connect again, those that failed included. */
  readonly attempts: number;
  /** The most of them in any 100 ms, as a share of the connections. */
  readonly crowd: number;
  /** How long after the peer was back all were connected again. */
  readonly allBackMs: number;
}

const WINDOW_MS = 100;

/** The most moments within any window, wherever it begins. */
export function mostWithin(moments: readonly number[], windowMs: number = WINDOW_MS): number {
  const sorted = moments.toSorted((a, b) => a - b);
  let [most, first] = [0, 0];
  for (const [index, moment] of sorted.entries()) {
    while (sorted[first]! <= moment - windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
