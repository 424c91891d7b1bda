import {
  type Clock,
  createBody,
  createEventStream,
  Deadline,
  type DecodeLimits,
  type Dialect,
  type EventStream,
  type ResponseHeaders,
  type TransportRequest,
} from '@linkspan/core';

/** A body of any origin: of `fetch`, of Node, of a file, of a test. */
export type ByteSource =
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>
  | ReadableStream<Uint8Array>
  | Uint8Array
  | null;

/** What is known of the answer whose body is decoded, and the clocks that it is read under. */
export interface DecodeStreamOptions {
  /** 204 and 205 have no stream. Whether another status is a success is the caller's to judge. */
  readonly status?: number | undefined;
  /**
   * A record, or the `headers` of `fetch`. A `content-type` that is not the dialect's fails the
   * stream; without one nothing is checked.
   */
  readonly headers?: ResponseHeaders | Iterable<readonly [string, string]> | undefined;
  /** The request that is answered, for dialects whose stream ends at the answer to it. */
  readonly request?: TransportRequest | undefined;
  /** When it aborts, reading throws its reason, and the body is left. */
  readonly signal?: AbortSignal | undefined;
  /** How long the whole stream may take. @default no limit */
  readonly totalMs?: number | undefined;
  /** How long the reader may wait for the first event. @default 60_000 */
  readonly firstEventMs?: number | undefined;
  /** How long the body may be silent while the reader waits. @default 60_000 */
  readonly idleMs?: number | undefined;
  /** How long the reader may wait between signs of progress. @default 120_000 */
  readonly eventIdleMs?: number | undefined;
  readonly limits?: DecodeLimits | undefined;
  /** @default the platform's monotonic clock */
  readonly clock?: Clock | undefined;
}

/**
 * Reads bytes from anywhere as the events of a dialect, with the guarantees of every
 * {@link EventStream}: it has one outcome, and does not end quietly. Leaving it cancels a platform
 * stream, destroys a stream of Node, and returns any other iterator.
 *
 * @example
 * const response = await fetch(url, { method: 'POST', body });
 * for await (const chunk of decodeStream(response.body, openaiChat, response)) {
 *   process.stdout.write(chunk.choices[0]?.delta?.content ?? '');
 * }
 */
export function decodeStream<Event, Final>(
  body: ByteSource,
  dialect: Dialect<Event, Final>,
  options: DecodeStreamOptions = {},
): EventStream<Event, Final> {
  const { status, signal, idleMs = 60_000, clock } = options;
  const headers = toHeaders(options.headers ?? {});
  const deadline = Deadline.after(options.totalMs, clock);
  const context = {
    signal,
    deadline,
    idleMs,
    attemptMs: Infinity,
    attempt: 1,
    streaming: true,
    acceptStatus: () => true,
  };
  return createEventStream(createBody(toChunks(body), context), dialect, {
    status,
    headers,
    request: options.request,
    context,
    firstEventMs: options.firstEventMs,
    eventIdleMs: options.eventIdleMs,
    limits: options.limits,
  });
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

function toChunks(body: ByteSource): Chunks {
  if (body === null) return [];
  if (body instanceof Uint8Array) return [body];
  // The iterators of platform and Node streams, where they exist, cannot be left while they wait.
  if ('getReader' in body) return { [Symbol.asyncIterator]: () => readPlatformStream(body) };
  if ('destroy' in body && typeof body.destroy === 'function') {
    const { destroy } = body;
    return { [Symbol.asyncIterator]: () => readNodeStream(body, () => destroy.call(body)) };
  }
  return body;
}

function readPlatformStream(stream: ReadableStream<Uint8Array>): AsyncIterator<Uint8Array> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

function readNodeStream(stream: Chunks, destroy: () => void): AsyncIterator<Uint8Array> {
  const chunks = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  return {
    next: () => chunks.next(),
    async return() {
      destroy();
      return { done: true, value: undefined };
    },
  };
}

function toHeaders(
  headers: ResponseHeaders | Iterable<readonly [string, string]>,
): ResponseHeaders {
  const entries = Symbol.iterator in headers ? headers : Object.entries(headers);
  return Object.fromEntries(
    Array.from(entries as Iterable<readonly [string, unknown]>, ([name, value]) => [
      name.toLowerCase(),
      value,
    ]),
  ) as ResponseHeaders;
}
