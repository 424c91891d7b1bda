import { httpTransport } from '@linkspan/http';
import { httpFixture, memoryFixture, recordingTransport } from '@linkspan/testkit';
import { conformance } from '@linkspan/testkit/vitest';

conformance(
  memoryFixture({ name: 'memory, recorded', wrap: (inner) => recordingTransport(inner) }),
);

conformance(
  httpFixture({
    name: 'http, recorded',
    transport: (baseUrl) => recordingTransport(httpTransport({ baseUrl }), { maxBodyBytes: 1_000 }),
  }),
);
