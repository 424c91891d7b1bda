import { conformanceCases, httpFixture, runCase } from '@linkspan/testkit';
import type { BrokenTransport } from './broken/variation.ts';

/** Whether a broken transport was caught, and by what. */
export interface Score {
  readonly broken: BrokenTransport;
  /** What the case that is meant for it said; `undefined` when it passed. */
  readonly reason: string | undefined;
  /** The other cases that failed; empty where they were not run. */
  readonly others: readonly string[];
}

/** How a broken transport is run. */
export interface ScoreOptions {
  readonly patienceMs: number;
  /** Whether every case is run, and not only the one that is meant for it. @default false */
  readonly all?: boolean;
}

/** Runs a broken transport under the case that is meant for it. */
export async function scoreOf(
  broken: BrokenTransport,
  { patienceMs, all = false }: ScoreOptions,
): Promise<Score> {
  const fixture = httpFixture({ name: broken.id, transport: broken.make });
  const cases = conformanceCases();
  const meant = cases.find(({ id }) => id === broken.caughtBy);
  if (meant === undefined) {
    throw new Error(`${broken.id}: there is no case with the id '${broken.caughtBy}'`);
  }
  const { result } = await runCase(fixture, meant, { patienceMs });
  const others: string[] = [];
  for (const other of all ? cases : []) {
    if (other === meant) continue;
    // oxlint-disable-next-line no-await-in-loop -- one case after another
    const run = await runCase(fixture, other, { patienceMs });
    if (run.result.status === 'failed') others.push(other.id);
  }
  return { broken, reason: result.status === 'failed' ? result.reason : undefined, others };
}
