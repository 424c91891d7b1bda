import { before, describe, it } from 'node:test';
import { checkFixture } from './conformance/check-fixture.ts';
import type { CaseOptions } from './conformance/conformance-case.ts';
import { conformanceCases } from './conformance/conformance-cases.ts';
import type { ConformanceFixture } from './conformance/fixture.ts';
import { runCase } from './conformance/run-case.ts';

/**
 * Declares a test of `node:test` for every conformance case. A case that the transport's
 * `capabilities` exclude is shown as skipped, with the capability that is missing.
 */
export function conformance(fixture: ConformanceFixture, options: CaseOptions = {}): void {
  void describe(`${fixture.name} under the conformance kit`, () => {
    before(async () => {
      await checkFixture(fixture, options);
    });
    for (const conformanceCase of conformanceCases()) {
      void it(`${conformanceCase.title} (${conformanceCase.id})`, async (test) => {
        const { result, error } = await runCase(fixture, conformanceCase, options);
        if (result.status === 'skipped') test.skip(result.reason);
        if (result.status === 'failed') throw error;
      });
    }
  });
}
