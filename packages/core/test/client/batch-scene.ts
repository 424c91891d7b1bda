import { ManualClock } from '@linkspan/concurrency';
import {
  type BatchResult,
  type ClientResponse,
  createClient,
  type MemoryHandler,
  memoryTransport,
  type TransportRequest,
} from '@linkspan/core';

export const to = (target: string): TransportRequest => ({ operation: 'GET', target });
export const targets = (count: number): TransportRequest[] =>
  Array.from({ length: count }, (_, index) => to(String(index)));
export const text = (response: ClientResponse): Promise<string> => response.text();
export const statuses = (results: readonly BatchResult<unknown>[]): string[] =>
  results.map(({ status }) => status);

/** A client on a clock moved by hand whose answers take as many ms as their target says. */
export function scene(handler?: MemoryHandler) {
  const clock = new ManualClock();
  const seen = { running: 0, most: 0, sent: [] as string[] };
  const transport = memoryTransport(async (request, call) => {
    seen.running += 1;
    seen.most = Math.max(seen.most, seen.running);
    seen.sent.push(request.target);
    try {
      return handler === undefined
        ? await after(clock, Number(request.target), call.signal)
        : await handler(request, call);
    } finally {
      seen.running -= 1;
    }
  });
  const client = createClient({ transport, clock, retry: false, env: {} });
  return { client, clock, seen };
}

function after(clock: ManualClock, ms: number, signal: AbortSignal): Promise<{ body: string }> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => resolve({ body: `after ${ms}` }), ms);
    signal.addEventListener('abort', () => {
      clock.clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
