import { beforeAll, describe, it } from 'vitest';
import { checkFixture } from './conformance/check-fixture.ts';
import type { CaseOptions } from './conformance/conformance-case.ts';
import { conformanceCases } from './conformance/conformance-cases.ts';
import type { ConformanceFixture } from './conformance/fixture.ts';
import { runCase } from './conformance/run-case.ts';

/** A case ends by its own patience, several of which it may use up; this only ends a broken kit. */
const TEST_MS = 120_000;

/**
 * Declares a test for every conformance case. A case that the transport's `capabilities` exclude is
 * shown as skipped, with the capability that is missing.
 */
export function conformance(fixture: ConformanceFixture, options: CaseOptions = {}): void {
  describe(`${fixture.name} under the conformance kit`, () => {
    beforeAll(async () => {
      await checkFixture(fixture, options);
    }, TEST_MS);
    for (const conformanceCase of conformanceCases()) {
      // oxlint-disable-next-line vitest/expect-expect -- the case throws
      it(
        `${conformanceCase.title} (${conformanceCase.id})`,
        { timeout: TEST_MS },
        async ({ skip }) => {
          const { result, error } = await runCase(fixture, conformanceCase, options);
          if (result.status === 'skipped') skip(result.reason);
          if (result.status === 'failed') throw error;
        },
      );
    }
  });
}
