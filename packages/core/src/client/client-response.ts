import type { Body } from '../body.ts';
import { DeserializationError } from '../errors/transport-error.ts';
import { readRequestId } from '../errors/status-to-error.ts';
import type { CallContext, ResponseHeaders, TransportResponse } from '../transport.ts';

/** How much of a body is read at most. */
export interface ReadLimits {
  /** @default 16 MiB */
  readonly maxBytes?: number;
}

const LONGEST_MESSAGE = 16 * 1024 * 1024;

/**
 * An answer: its head is there, its body still to be read, in one of these ways and once. An answer
 * that is not read holds its connection until it is cancelled or disposed.
 */
export class ClientResponse<Chunk = Uint8Array> implements AsyncDisposable {
  readonly status: number | undefined;
  /** Names in lower case. */
  readonly headers: ResponseHeaders;
  readonly body: Body<Chunk>;
  /** How many attempts it took: 1 when the first was answered. */
  readonly attempts: number;

  constructor(response: TransportResponse<Chunk>, context: CallContext) {
    this.status = response.status;
    this.headers = response.headers;
    this.body = response.body;
    this.attempts = context.call?.attempt ?? context.attempt;
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
    const chunks = await this.body.collect({ maxBytes: limits.maxBytes ?? LONGEST_MESSAGE });
    return joinBytes(chunks);
  }

  /** The body as text, in UTF-8. Bytes that are none become U+FFFD. */
  async text(limits: ReadLimits = {}): Promise<string> {
    return new TextDecoder().decode(await this.bytes(limits));
  }

  /** The body as JSON. */
  async json<Value = unknown>(limits: ReadLimits = {}): Promise<Value> {
    const bytes = await this.bytes(limits);
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Value;
    } catch {
      throw new DeserializationError('Cannot read the body: it is not JSON');
    }
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

function joinBytes(chunks: readonly unknown[]): Uint8Array {
  const parts = chunks.map(toBytes);
  if (parts.length === 1) return parts[0]!;
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'string') return encoder.encode(chunk);
  throw new DeserializationError('Cannot read the body as bytes: its chunks are values');
}
