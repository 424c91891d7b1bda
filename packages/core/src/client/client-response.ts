import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Body } from '../body.ts';
import { type Codec, jsonCodec } from '../codec/json-codec.ts';
import type { DecodeLimits, Dialect } from '../dialect.ts';
import { ConfigurationError } from '../errors/local-errors.ts';
import { MessageError } from '../errors/transport-error.ts';
import { requestSecrets } from '../secrets/request-secrets.ts';
import { describeValue } from '../settings/describe-value.ts';
import { readRequestId } from '../errors/status-to-error.ts';
import { validate } from '../standard-schema.ts';
import { createEventStream } from '../stream/create-event-stream.ts';
import type { EventStream } from '../stream/event-stream.ts';
import type { CallContext, ResponseHeaders, TransportResponse } from '../transport.ts';
import { DecodedBody } from './decoded-body.ts';
import { LineSplitter } from './line-splitter.ts';
import { joinBytes, Rechunker } from './rechunker.ts';
import { withoutEcho } from './without-echo.ts';
import type { UsageMeter } from '../usage/usage-meter.ts';

/** How much of a body is read at most. */
export interface ReadLimits {
  /** @default 16 MiB */
  readonly maxBytes?: number;
}

/** How an answer is read as a stream. */
export interface ResponseStreamOptions<Event, Final> {
  readonly dialect: Dialect<Event, Final>;
  /** How long the reader may wait for the first event. @default 60_000 */
  readonly firstEventMs?: number | undefined;
  /** How long the reader may wait between signs of progress. @default 120_000 */
  readonly eventIdleMs?: number | undefined;
  readonly limits?: DecodeLimits | undefined;
}

const LONGEST_MESSAGE = 16 * 1024 * 1024;
const LONGEST_LINE = 1024 * 1024;

/**
 * An answer: its head is there, its body still to be read, in one of these ways and once. An answer
 * that is not read holds its connection until it is cancelled or disposed.
 */
export class ClientResponse implements AsyncDisposable {
  readonly status: number | undefined;
  /** Names in lower case. */
  readonly headers: ResponseHeaders;
  readonly body: Body;
  /** Where the answer came from, when redirects led away from the target of the request. */
  readonly url: string | undefined;
  /** How many attempts it took: 1 when the first was answered. */
  readonly attempts: number;
  /**
   * What a reader of its own tells what the answer used, where a layer wants to know: `json()` and
   * `stream()` do by themselves.
   */
  readonly meter: UsageMeter | undefined;

  readonly #context: CallContext;
  readonly #codec: Codec;
  /** What the transport added to the request. */
  readonly #secrets: readonly string[];
  #buffered: Uint8Array | undefined;

  constructor(response: TransportResponse, context: CallContext, codec: Codec = jsonCodec) {
    this.#context = context;
    this.#codec = codec;
    this.#secrets = response.secrets ?? [];
    this.meter = response.meter;
    this.status = response.status;
    this.headers = response.headers;
    this.body = response.body;
    this.url = response.url;
    this.attempts = context.call?.attempt ?? context.attempt;
  }

  get #onFailure(): (error: unknown) => void {
    const { call } = this.#context;
    return (error) => call?.failed(error);
  }

  /** The peer's name for the request, from `x-request-id` and its like. */
  get requestId(): string | undefined {
    return readRequestId(this.headers);
  }

  /**
   * The body as bytes.
   *
   * @throws MessageTooLargeError over `maxBytes`.
   */
  async bytes(limits: ReadLimits = {}): Promise<Uint8Array> {
    const { maxBytes = LONGEST_MESSAGE } = limits;
    if (this.#buffered !== undefined) return this.#buffered;
    try {
      return joinBytes((await this.body.collect({ maxBytes })).map(toBytes));
    } catch (error) {
      this.#onFailure(error);
      throw error;
    }
  }

  /** The body as text, in the charset of its content type, else in UTF-8. */
  async text(limits: ReadLimits = {}): Promise<string> {
    const bytes = await this.bytes(limits);
    return decoderFor(this.headers['content-type']).decode(bytes);
  }

  /**
   * The body as a value: of JSON, or of the client's codec. With a schema of any library that keeps
   * the Standard Schema, it is checked, and what the schema makes of it is given.
   *
   * @throws DeserializationError when it is not JSON, or does not fit the schema.
   * @throws MessageTooLargeError over `maxBytes`.
   */
  json<Schema extends StandardSchemaV1>(
    schema: Schema,
    limits?: ReadLimits,
  ): Promise<StandardSchemaV1.InferOutput<Schema>>;
  json<Value = unknown>(schema?: undefined, limits?: ReadLimits): Promise<Value>;
  async json(schema?: StandardSchemaV1, limits?: ReadLimits): Promise<unknown> {
    const bytes = await this.bytes(limits);
    try {
      const value = this.#codec.decode(bytes);
      this.meter?.decoded(value);
      return schema === undefined ? value : await validate(schema, value, 'the answer');
    } catch (error) {
      const failure = withoutEcho(error, bytes, this.#codec, this.#requestSecrets());
      this.#onFailure(failure);
      throw failure;
    }
  }

  #requestSecrets(): readonly string[] {
    const request = this.#context.call?.request;
    return [...(request === undefined ? [] : requestSecrets(request)), ...this.#secrets];
  }

  /**
   * The body as a stream of events. What is no stream of the dialect fails at the first event.
   */
  stream<Event, Final>(options: ResponseStreamOptions<Event, Final>): EventStream<Event, Final> {
    const { dialect, limits, firstEventMs, eventIdleMs } = options;
    return createEventStream(this.body, dialect, {
      status: this.status,
      headers: this.headers,
      request: this.#context.call?.request,
      secrets: this.#secrets,
      context: this.#context,
      startedAt: this.#context.call?.startedAt,
      meter: this.meter,
      limits,
      firstEventMs,
      eventIdleMs,
    });
  }

  /** The body in chunks: as they come, or each of `chunkSize` bytes, the last maybe shorter. */
  chunks(options: { readonly chunkSize?: number } = {}): AsyncIterable<Uint8Array, unknown> {
    const { chunkSize } = options;
    if (chunkSize === undefined) return this.body;
    if (!Number.isSafeInteger(chunkSize) || chunkSize < 1) {
      throw new ConfigurationError(
        `Cannot cut the body into chunks: expected a chunkSize of 1 or more, found ${describeValue(chunkSize)}`,
      );
    }
    return new DecodedBody(this.body, new Rechunker(chunkSize), this.#onFailure);
  }

  /**
   * The body line by line, without the line ends, in UTF-8.
   *
   * @throws MessageTooLargeError, while iterating, for a line of more than `maxLineLength`
   * characters (1 Mi unless given).
   */
  lines(options: { readonly maxLineLength?: number } = {}): AsyncIterable<string, undefined> {
    const splitter = new LineSplitter(options.maxLineLength ?? LONGEST_LINE);
    return new DecodedBody(this.body, splitter, this.#onFailure);
  }

  /** Reads the whole body now, which frees the wire; `bytes`, `text` and `json` then read from memory. */
  async buffer(limits: ReadLimits = {}): Promise<this> {
    this.#buffered = await this.bytes(limits);
    return this;
  }

  /** Leaves the body unread and frees the wire. */
  async cancel(reason?: unknown): Promise<void> {
    await this.body.cancel(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.body.cancel();
  }
}

const encoder = new TextEncoder();
const utf8 = new TextDecoder();

function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'string') return encoder.encode(chunk);
  throw new MessageError('Cannot read the body as bytes: its chunks are values', {
    code: 'body_of_values',
    phase: 'body',
    sent: 'yes',
  });
}

function decoderFor(contentType: ResponseHeaders[string]): InstanceType<typeof TextDecoder> {
  const charset = /;\s*charset\s*=\s*"?([\w.:-]{1,40})/i.exec(String(contentType))?.[1];
  if (charset === undefined || /^utf-?8$/i.test(charset)) return utf8;
  try {
    return new TextDecoder(charset);
  } catch {
    // A charset that nobody knows says nothing: the usual one is the best guess.
    return utf8;
  }
}
