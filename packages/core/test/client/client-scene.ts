import { ManualClock } from '@linkspan/concurrency';
import {
  type CallContext,
  createClient,
  type MemoryHandler,
  memoryTransport,
  type TransportRequest,
} from '@linkspan/core';

/** A request like any other. */
export const get: TransportRequest = { operation: 'GET', target: '/' };

/** A handler that does not answer. */
export const never: MemoryHandler = () => new Promise(() => {});

/** A client on a clock moved by hand, and what its transport was told. */
export function scene(handler: MemoryHandler, options: object = {}) {
  const clock = new ManualClock();
  const sent: { readonly request: TransportRequest; readonly context: CallContext }[] = [];
  const transport = memoryTransport((request, call) => {
    sent.push({ request, context: call.context });
    return handler(request, call);
  });
  const client = createClient({ transport, clock, env: {}, ...options });
  return { client, clock, sent, transport };
}
