import { memoryFixture } from '@linkspan/testkit';
import { conformance } from '@linkspan/testkit/vitest';

conformance(memoryFixture(), { concurrent: true });
