import { httpTransport } from '@linkspan/http';
import { httpFixture, recordingTransport } from '@linkspan/testkit';
import { conformance } from '@linkspan/testkit/vitest';

conformance(
  httpFixture({
    name: 'http, recorded',
    transport: (baseUrl) => recordingTransport(httpTransport({ baseUrl }), { maxBodyBytes: 1_000 }),
  }),
  { concurrent: true },
);
