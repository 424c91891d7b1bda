import { type MemoryHandler, memoryTransport, type TransportRequest } from '@linkspan/core';
import {
  type Cassette,
  recordingTransport,
  type ReplayOptions,
  replayTransport,
} from '@linkspan/testkit';
import { contextOf, textOf } from '../transport-call.ts';

export const get = (target = '/'): TransportRequest => ({ operation: 'GET', target });
export const post = (value: unknown): TransportRequest => ({
  operation: 'POST',
  target: '/chat',
  payload: { kind: 'value', value },
});

/** What is recorded when these requests are sent, one after another, and read to the end. */
export async function record(
  handler: MemoryHandler,
  requests: readonly TransportRequest[],
  capabilities: Parameters<typeof memoryTransport>[1] = {},
): Promise<Cassette> {
  const transport = recordingTransport(memoryTransport(handler, capabilities));
  for (const request of requests) {
    // oxlint-disable-next-line no-await-in-loop -- one request after another
    await transport
      .send(request, contextOf())
      .then(textOf, () => '')
      .catch(() => '');
  }
  return JSON.parse(JSON.stringify(transport.cassette())) as Cassette;
}

/** The text that a cassette answers. */
export async function replayed(
  cassette: Cassette,
  request: TransportRequest,
  options?: ReplayOptions,
): Promise<string> {
  return await textOf(await replayTransport(cassette, options).send(request, contextOf()));
}
