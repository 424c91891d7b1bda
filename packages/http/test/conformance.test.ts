import { onError, onRequest, onResponse, retry } from '@linkspan/core';
import { httpTransport } from '@linkspan/http';
import { httpFixture, withMiddleware } from '@linkspan/testkit';
import { conformance } from '@linkspan/testkit/vitest';

const layers = [
  retry({ maxRetries: 1, baseDelayMs: 1 }),
  onRequest(() => {}),
  onResponse(() => {}),
  onError(() => {}),
];

conformance(httpFixture({ name: 'http', transport: (baseUrl) => httpTransport({ baseUrl }) }), {
  concurrent: true,
});
conformance(
  httpFixture({
    name: 'http behind layers',
    transport: (baseUrl) => withMiddleware(httpTransport({ baseUrl }), layers),
    framing: 'content-length',
  }),
  { concurrent: true },
);
