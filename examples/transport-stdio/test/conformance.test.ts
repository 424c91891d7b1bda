import { type Middleware, onError, onRequest, onResponse, retry } from '@linkspan/core';
import { stdioTransport } from '@linkspan/example-transport-stdio';
import { type ConformanceFixture, withMiddleware } from '@linkspan/testkit';
import { conformance } from '@linkspan/testkit/vitest';
import { carried } from './carried.ts';
import { StdioPeer } from './stdio-peer.ts';

const layers = [
  retry({ maxRetries: 1, baseDelayMs: 1 }),
  onRequest(() => {}),
  onResponse(() => {}),
  onError(() => {}),
];

function fixture(name: string, middleware: readonly Middleware[]): ConformanceFixture {
  return {
    name,
    async open() {
      const peer = await StdioPeer.listen();
      return {
        transport: withMiddleware(stdioTransport(peer.options), [...middleware, carried()]),
        request: (scene) => peer.request(scene),
        peer,
        close: () => peer.close(),
      };
    },
  };
}

conformance(fixture('stdio', []));
conformance(fixture('stdio behind middleware', layers));
