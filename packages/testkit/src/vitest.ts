import { beforeAll, describe, it } from 'vitest';
import { checkFixture } from './conformance/check-fixture.ts';
import type { CaseOptions } from './conformance/conformance-case.ts';
import { conformanceCases } from './conformance/conformance-cases.ts';
import type { ConformanceFixture } from './conformance/fixture.ts';
import { runCase } from './conformance/run-case.ts';

/** A case ends by its own patience, several of which it may use up; this only ends a broken kit. */
const TEST_MS = 120_000;

/** How the cases are run. */
export interface ConformanceOptions extends CaseOptions {
  /**
   * Runs cases side by side, as many at a time as `maxConcurrency` of vitest says: each has a stage
   * of its own, and they wait more than they work. Those that look at the whole process run alone. A
   * busy machine may then be late for the clocks of a case.
   *
   * @default false
   */
  readonly concurrent?: boolean;
}

/**
 * Declares a test for every conformance case. A case that the transport's `capabilities` exclude is
 * shown as skipped, with the capability that is missing.
 */
export function conformance(
  fixture: ConformanceFixture,
  { concurrent = false, ...options }: ConformanceOptions = {},
): void {
  describe(`${fixture.name} under the conformance kit`, () => {
    beforeAll(async () => {
      await checkFixture(fixture, options);
    }, TEST_MS);
    for (const conformanceCase of conformanceCases()) {
      // What is left behind (the seventh promise) is looked for in the whole process.
      const isConcurrent = concurrent && conformanceCase.promise !== 7;
      // oxlint-disable-next-line vitest/expect-expect -- the case throws
      it(
        `${conformanceCase.title} (${conformanceCase.id})`,
        { timeout: TEST_MS, concurrent: isConcurrent },
        async ({ skip }) => {
          const { result, error } = await runCase(fixture, conformanceCase, options);
          if (result.status === 'skipped') skip(result.reason);
          if (result.status === 'failed') throw error;
        },
      );
    }
  });
}
