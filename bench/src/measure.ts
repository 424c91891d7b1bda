/** One way of doing the work, under the name it is printed with. */
export interface Contender {
  readonly name: string;
  /** Does the work `units` times. */
  run(units: number): unknown;
  /** Lets go of what it holds. */
  close?(): Promise<void>;
}

export interface Plan {
  /** The contender that the others are compared with. */
  readonly reference: string;
  readonly rounds: number;
  /** How many units a contender does in one round. */
  readonly units: number;
}

/** The CPU time of one contender over all rounds. */
export interface Row {
  readonly name: string;
  /** Microseconds of CPU a unit, the median of the rounds. */
  readonly microseconds: number;
  /** CPU over the reference's in the same round: the median, and the quartiles as the spread. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Runs the contenders side by side, interleaved round by round in an order that rotates, and
 * compares the CPU time of this process. Two rounds before the first are not counted.
 */
export async function compare(contenders: readonly Contender[], plan: Plan): Promise<Row[]> {
  const costs = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = -2; round < plan.rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const contender = contenders[(turn + round + 2) % contenders.length] as Contender;
      // Not a full collection: with nothing in flight it would throw compiled code away as well.
      globalThis.gc?.({ type: 'minor' });
      const before = process.cpuUsage();
      await contender.run(plan.units);
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) costs.get(contender.name)?.push((user + system) / plan.units);
    }
  }
  for (const contender of contenders) await contender.close?.();
  const reference = costs.get(plan.reference);
  if (reference === undefined) throw new Error(`No contender is called ${plan.reference}`);
  return [...costs].map(([name, values]) => {
    const ratios = values.map((value, round) => value / (reference[round] as number));
    return {
      name,
      microseconds: quantile(values, 0.5),
      ratio: quantile(ratios, 0.5),
      low: quantile(ratios, 0.25),
      high: quantile(ratios, 0.75),
    };
  });
}

/** The value below which a share of the numbers lies, between neighbours linearly. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? NaN;
  const above = sorted[Math.ceil(position)] ?? NaN;
  return below + (above - below) * (position - Math.floor(position));
}
