import { type Result, toResult } from '../result.ts';
import type { EventStream } from '../stream/event-stream.ts';
import type { TransportRequest } from '../transport.ts';
import type { BatchItems } from './batch.ts';
import type { BatchOptions, BatchResult } from './batch-options.ts';
import type { CallOptions, OpenOptions, StreamOptions } from './call-options.ts';
import type { Channel } from './channel.ts';
import type { Client } from './client.ts';
import type { ClientResponse } from './client-response.ts';
import type { RetryOptions } from '../middleware/retry-options.ts';

/**
 * The calls of a client, as values: `{ ok: true, value }` or `{ ok: false, error }`. They do not
 * throw; a call that its caller aborted has `signal.reason` as its error.
 */
export interface SafeClient<Init = TransportRequest, Chunk = Uint8Array> {
  request(init: Init | TransportRequest, options?: CallOptions): Promise<Result<ClientResponse>>;
  requestWithRetry(
    init: Init | TransportRequest,
    retry?: RetryOptions,
    options?: Omit<CallOptions, 'retry'>,
  ): Promise<Result<ClientResponse>>;
  /** Only the opening is a value: reading the stream throws, unless its `events()` are read. */
  stream<Event, Final>(
    init: Init | TransportRequest,
    options: StreamOptions<Event, Final>,
  ): Promise<Result<EventStream<Event, Final>>>;
  open(init: Init | TransportRequest, options?: OpenOptions): Promise<Result<Channel<Chunk>>>;
  batch<Value = ClientResponse>(
    items: BatchItems<Init>,
    options?: BatchOptions<Value>,
  ): Promise<Result<BatchResult<Value>[]>>;
}

/** The safe form of a client's calls. */
export function createSafeClient<Init, Chunk>(
  client: Omit<Client<Init, Chunk>, 'safe'>,
): SafeClient<Init, Chunk> {
  return {
    request: (init, options) => toResult(client.request(init, options)),
    requestWithRetry: (init, retry, options) =>
      toResult(client.requestWithRetry(init, retry, options)),
    stream: (init, options) => toResult(client.stream(init, options)),
    open: (init, options) => toResult(client.open(init, options)),
    batch: (items, options) => toResult(client.batch(items, options)),
  };
}
