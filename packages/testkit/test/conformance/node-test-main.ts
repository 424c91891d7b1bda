// Run by node-test.test.ts, under `node --test`.
import { memoryFixture } from '@linkspan/testkit';
import { conformance } from '@linkspan/testkit/node-test';
import { over } from './broken/variation.ts';

conformance(
  memoryFixture({
    wrap: (transport) =>
      over(transport, {
        capabilities: { ...transport.capabilities, duplex: false },
        [Symbol.asyncDispose]: async () => {},
      }),
  }),
);
