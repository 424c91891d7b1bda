import { systemClock } from '@linkspan/concurrency';
import { createBody, type FailableBody } from './create-body.ts';
import { jsonCodec } from '../codec/json-codec.ts';
import { LinkspanError } from '../errors/linkspan-error.ts';
import { ClosedError } from '../errors/local-errors.ts';
import { SerializationError, TransportError } from '../errors/transport-error.ts';
import { HeadRace } from './head-race.ts';
import { OpenCalls } from './open-calls.ts';
import type {
  CallContext,
  Capabilities,
  ResponseHeaders,
  Transport,
  TransportRequest,
  TransportResponse,
} from '../transport.ts';

/** What a handler answers. */
export interface MemoryAnswer {
  /** @default 200; none where the transport says that it has no statuses */
  readonly status?: number;
  /** Names in lower case. */
  readonly headers?: ResponseHeaders;
  /**
   * Bytes, text, chunks as they come (any async iterable, of `Uint8Array` or strings), or a value,
   * which is sent as JSON. Nothing is an empty body.
   */
  readonly body?: unknown;
}

/** What a handler is told beside the request. */
export interface MemoryCall {
  /** Aborts when the caller aborts, a clock runs out, or the transport closes. */
  readonly signal: AbortSignal;
  readonly context: CallContext;
}

/** Answers a request in memory. What it throws fails the call. */
export type MemoryHandler = (
  request: TransportRequest,
  call: MemoryCall,
) => MemoryAnswer | Promise<MemoryAnswer>;

/** How a {@link memoryTransport} presents itself. */
export interface MemoryTransportOptions {
  /** @default 'memory' */
  readonly name?: string;
  /** @default everything */
  readonly capabilities?: Partial<Capabilities>;
}

/**
 * A transport without a wire: a function answers. It keeps every promise of a {@link Transport},
 * clocks and cancellation included, so that what stands above the wire can be tested without one.
 *
 * ```ts
 * const client = createClient({ transport: memoryTransport(() => ({ body: { hello: 'world' } })) });
 * ```
 */
export function memoryTransport(
  handler: MemoryHandler,
  options: MemoryTransportOptions = {},
): Transport {
  return new MemoryTransport(handler, options);
}

type OpenCall = Pick<FailableBody, 'fail'>;

class MemoryTransport implements Transport {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly #handler: MemoryHandler;
  readonly #open = new OpenCalls<OpenCall>();
  #closing: Promise<void> | undefined;

  constructor(handler: MemoryHandler, options: MemoryTransportOptions) {
    this.#handler = handler;
    this.name = options.name ?? 'memory';
    this.capabilities = {
      streaming: true,
      upload: true,
      duplex: true,
      status: true,
      ...options.capabilities,
    };
  }

  async connect(): Promise<void> {
    if (this.#closing !== undefined) throw this.#closedError();
  }

  readonly send = async (
    request: TransportRequest,
    context: CallContext,
  ): Promise<TransportResponse> => {
    if (this.#closing !== undefined) throw this.#closedError();
    this.#checkPayload(request);
    const race = new HeadRace<MemoryAnswer>(context);
    this.#open.add(race);
    let answered: MemoryAnswer | Promise<MemoryAnswer> | undefined;
    try {
      const answer = await race.run(() => {
        answered = this.#handler(request, {
          get signal() {
            return race.signal;
          },
          context,
        });
        return answered;
      });
      return this.#respond(answer, context);
    } catch (error) {
      leaveUnread(answered);
      throw toFailure(error, context, this.name);
    } finally {
      this.#open.delete(race);
    }
  };

  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.drainMs ?? 0);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What the capabilities exclude is refused, as by a wire that cannot do it. */
  #checkPayload({ payload }: TransportRequest): void {
    if (this.capabilities.upload || (payload?.kind !== 'factory' && payload?.kind !== 'stream')) {
      return;
    }
    throw new SerializationError(
      `Cannot send a stream: the ${this.name} transport has no upload (capabilities.upload)`,
      { sent: 'no', transport: this.name },
    );
  }

  #respond(answer: MemoryAnswer, context: CallContext): TransportResponse {
    const { chunks, contentType } = encode(answer.body);
    const body = createBody(chunks, context);
    this.#open.add(body);
    body.onClose(() => this.#open.delete(body));
    const headers = contentType === undefined ? {} : { 'content-type': contentType };
    const status = answer.status ?? (this.capabilities.status ? 200 : undefined);
    return {
      ...(status !== undefined && { status }),
      headers: answer.headers === undefined ? headers : { ...headers, ...answer.headers },
      body,
    };
  }

  async #close(drainMs: number): Promise<void> {
    await this.#open.drained(drainMs, systemClock);
    for (const call of this.#open) {
      const sent = call instanceof HeadRace ? 'maybe' : 'yes';
      call.fail(
        new ClosedError(`Cannot finish the call: the ${this.name} transport was closed`, { sent }),
      );
    }
  }

  #closedError(): ClosedError {
    return new ClosedError(`Cannot send: the ${this.name} transport is closed`);
  }
}

/** An answer that comes when its call is over has a body that nobody reads. */
function leaveUnread(answered: MemoryAnswer | Promise<MemoryAnswer> | undefined): void {
  const leave = async (): Promise<void> => {
    const { body } = (await answered) ?? {};
    if (isAsyncIterable(body)) await body[Symbol.asyncIterator]().return?.();
  };
  // A handler, or a body, that fails now has nobody left to tell.
  leave().catch(() => {});
}

interface Encoded {
  readonly chunks: AsyncIterable<Uint8Array> | readonly Uint8Array[];
  readonly contentType?: string;
}

const encoder = new TextEncoder();

function encode(body: unknown): Encoded {
  if (body === undefined) return { chunks: [] };
  if (body instanceof Uint8Array) return { chunks: body.length === 0 ? [] : [body] };
  if (typeof body === 'string') {
    return {
      chunks: body === '' ? [] : [encoder.encode(body)],
      contentType: 'text/plain; charset=utf-8',
    };
  }
  if (isAsyncIterable(body)) return { chunks: new EncodedChunks(body) };
  return { chunks: [jsonCodec.encode(body)], contentType: 'application/json' };
}

function isAsyncIterable(body: unknown): body is AsyncIterable<Uint8Array | string> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** Chunks as they come; strings become bytes, and anything else is handed on as it is. */
class EncodedChunks implements AsyncIterable<Uint8Array> {
  readonly #chunks: AsyncIterable<Uint8Array | string>;

  constructor(chunks: AsyncIterable<Uint8Array | string>) {
    this.#chunks = chunks;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const source = this.#chunks[Symbol.asyncIterator]();
    return {
      async next() {
        const read = await source.next();
        if (read.done === true || typeof read.value !== 'string') return read;
        return { done: false, value: encoder.encode(read.value) };
      },
      async return() {
        await source.return?.();
        return { done: true, value: undefined };
      },
    } as AsyncIterator<Uint8Array>;
  }
}

function toFailure(error: unknown, context: CallContext, transport: string): unknown {
  if (error instanceof LinkspanError) return error;
  if (context.signal?.aborted === true && Object.is(error, context.signal.reason)) return error;
  return new TransportError('Cannot answer: the handler failed', {
    code: 'handler',
    phase: 'headers',
    sent: 'maybe',
    transport,
    cause: error,
  });
}
