import { type ConformanceCase, conformanceCases, httpFixture, runCase } from '@linkspan/testkit';
import type { BrokenTransport } from './broken/variation.ts';
import { ReferenceTransport } from './reference-transport.ts';

/** What the case said that is meant for a broken transport. */
export interface Score {
  readonly broken: BrokenTransport;
  /** `undefined` when the case passed: it did not see the bug. */
  readonly reason: string | undefined;
}

/** How many broken transports are run at the same time: most of them do nothing but hang. */
const AT_ONCE = 16;

const MOST_PATIENCE_MS = 10_000;

/**
 * Runs each broken transport under the case that is meant for it. Cases that look at the whole
 * process, and transports that leave errors nobody handles, run alone.
 */
export async function scoresOf(
  brokens: readonly BrokenTransport[],
  patienceMs: number,
): Promise<readonly Score[]> {
  const isAlone = ({ isAlone: is, caughtBy }: BrokenTransport): boolean =>
    is === true || caughtBy.startsWith('p7-');
  const scores = new Map<BrokenTransport, Score>();
  const run = async (broken: BrokenTransport): Promise<void> => {
    scores.set(broken, { broken, reason: await tryCase(broken, patienceMs) });
  };
  const together = brokens.filter((broken) => !isAlone(broken)).values();
  const worker = async (): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- each worker has one at a time
    for (const broken of together) await run(broken);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  // oxlint-disable-next-line no-await-in-loop -- one alone after another
  for (const broken of brokens.filter(isAlone)) await run(broken);
  return brokens.map((broken) => scores.get(broken) as Score);
}

/** Every case that fails on a broken transport, the one that is meant for it or not. */
export async function casesThatSee(
  broken: BrokenTransport,
  patienceMs: number,
): Promise<readonly string[]> {
  const seeing: string[] = [];
  for (const conformanceCase of conformanceCases()) {
    // oxlint-disable-next-line no-await-in-loop -- one case after another
    const reason = await failureOf(broken, conformanceCase, patienceMs);
    if (reason !== undefined) seeing.push(conformanceCase.id);
  }
  return seeing;
}

/**
 * What the case meant for a broken transport says. When the reference fails it as well, it was not
 * the bug, but a machine that is too busy for this patience: both are tried again with more.
 */
async function tryCase(broken: BrokenTransport, patienceMs: number): Promise<string | undefined> {
  const meant = conformanceCases().find(({ id }) => id === broken.caughtBy);
  if (meant === undefined) {
    throw new Error(`${broken.id}: there is no case with the id '${broken.caughtBy}'`);
  }
  const mended = {
    id: `${broken.id}, mended`,
    make: (baseUrl: string) => new ReferenceTransport(baseUrl),
  };
  const reason = await failureOf(broken, meant, patienceMs);
  if (reason === undefined) return undefined;
  const blamed = await failureOf(mended, meant, patienceMs);
  if (blamed === undefined) return reason;
  if (patienceMs > MOST_PATIENCE_MS) {
    throw new Error(`${broken.caughtBy} fails on the reference as well: ${blamed}`);
  }
  return await tryCase(broken, 2 * patienceMs);
}

async function failureOf(
  { id, make }: Pick<BrokenTransport, 'id' | 'make'>,
  conformanceCase: ConformanceCase,
  patienceMs: number,
): Promise<string | undefined> {
  const fixture = httpFixture({ name: id, transport: make });
  const { result } = await runCase(fixture, conformanceCase, { patienceMs });
  return result.status === 'failed' ? result.reason : undefined;
}
