import { memoryFixture, recordingTransport } from '@linkspan/testkit';
import { conformance } from '@linkspan/testkit/vitest';

conformance(
  memoryFixture({ name: 'memory, recorded', wrap: (inner) => recordingTransport(inner) }),
  { concurrent: true },
);
