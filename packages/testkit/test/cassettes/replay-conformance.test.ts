import { conformanceCases, runCase } from '@linkspan/testkit';
import { describe, it } from 'vitest';
import { NotRecordable, replayFixture } from './replay-fixture.ts';

describe('replay under the conformance kit', () => {
  for (const conformanceCase of conformanceCases()) {
    // oxlint-disable-next-line vitest/expect-expect -- the case throws
    it(
      `${conformanceCase.title} (${conformanceCase.id})`,
      { timeout: 60_000 },
      async ({ skip }) => {
        const { result, error } = await runCase(replayFixture, conformanceCase);
        if (result.status === 'skipped') skip(result.reason);
        if (error instanceof NotRecordable) skip(`Nobody can have recorded '${error.message}'`);
        if (result.status === 'failed') throw error;
      },
    );
  }
});
