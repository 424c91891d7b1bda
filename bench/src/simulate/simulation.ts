/** One figure of a simulation, and whether it is within its bound. */
export interface Figure {
  readonly name: string;
  /** With its unit, as it is printed. */
  readonly value: string;
  /** In words: `at most 1.10`. */
  readonly bound: string;
  readonly holds: boolean;
}

/** What happens on a clock that is moved by hand, in figures. */
export interface Simulation {
  readonly asks: string;
  /** @param isBrief as far as a test goes: less of what takes long. */
  run(isBrief: boolean): Promise<readonly Figure[]> | readonly Figure[];
}

/** No more than `most`. */
export function atMost(name: string, value: number, most: number, show: Show = plain): Figure {
  return { name, value: show(value), bound: `at most ${show(most)}`, holds: value <= most };
}

/** No less than `least`. */
export function atLeast(name: string, value: number, least: number, show: Show = plain): Figure {
  return { name, value: show(value), bound: `at least ${show(least)}`, holds: value >= least };
}

type Show = (value: number) => string;

function plain(value: number): string {
  return String(value);
}

/** Four digits behind the point. */
export function ratio(value: number): string {
  return value.toFixed(4);
}

export function percent(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}

export function milliseconds(value: number): string {
  return `${Math.round(value)} ms`;
}
