import {
  type Clock,
  createBody,
  createEventStream,
  Deadline,
  type DecodeLimits,
  type Dialect,
  type EventStream,
  type ResponseHeaders,
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
 * {@link EventStream}: it has one outcome, and does not end quietly.
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
    context,
    firstEventMs: options.firstEventMs,
    eventIdleMs: options.eventIdleMs,
    limits: options.limits,
  });
}

function toChunks(body: ByteSource): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (body === null) return [];
  if (body instanceof Uint8Array) return [body];
  if (Symbol.asyncIterator in body || Symbol.iterator in body) return body;
  return readChunks(body);
}

/** Where streams of the platform cannot be iterated: Safari. */
async function* readChunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- chunks come one after another
      const read = await reader.read();
      if (read.done) return;
      yield read.value;
    }
  } finally {
    await reader.cancel();
  }
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
