import { onError, onRequest, onResponse, retry } from '@linkspan/core';
import { withMiddleware } from '@linkspan/testkit';
import { conformance } from '@linkspan/testkit/vitest';
import { afterAll, beforeAll, beforeEach, describe, vi } from 'vitest';
import { natsFixture } from './nats-fixture.ts';
import { HOW_TO_GET_IT, natsServerPath } from './nats-server.ts';

const layers = [
  retry({ maxRetries: 1, baseDelayMs: 1 }),
  onRequest(() => {}),
  onResponse(() => {}),
  onError(() => {}),
];

/** nats.js prints what it cannot parse. */
function silenceNats(): void {
  vi.spyOn(console, 'log').mockImplementation(() => {});
}

describe.skipIf(natsServerPath === undefined)(`on a real server (${HOW_TO_GET_IT})`, () => {
  const fixture = natsFixture();
  afterAll(() => fixture.close());
  beforeAll(silenceNats);
  beforeEach(silenceNats);

  conformance(fixture);
  conformance({
    name: 'nats behind middleware',
    open: async () => {
      const stage = await fixture.open();
      return {
        ...stage,
        transport: withMiddleware(stage.transport, layers),
      };
    },
  });
});
