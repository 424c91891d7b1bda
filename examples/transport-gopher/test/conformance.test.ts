import { conformance } from '@linkspan/testkit/vitest';
import { gopherFixture } from './gopher-fixture.ts';

conformance(gopherFixture);
