import {
  type AbortListener,
  addAbortListener,
  removeAbortListener,
  type TimerHandle,
} from '@linkspan/concurrency';
import type { Body, CloseReason } from '../body.ts';
import { deadlineError, idleTimeoutError } from './call-timeout.ts';
import { LinkspanError } from '../errors/linkspan-error.ts';
import { MessageError, MessageTooLargeError, TransportError } from '../errors/transport-error.ts';
import type { CallContext } from '../transport.ts';

type Source<Chunk> = AsyncIterator<Chunk, unknown> | Iterator<Chunk, unknown>;
type Read<Chunk> = IteratorResult<Chunk, CloseReason | undefined>;

const END = { done: true, value: undefined } as const;

/** A {@link Body} that its transport can end with a failure. */
export interface FailableBody<Chunk = Uint8Array> extends Body<Chunk> {
  /** Ends the body with this error, unless it has ended; a reader that waits is told at once. */
  fail(error: unknown): void;
}

/**
 * Makes the body of an answer from any source of chunks. The body is read once; it ends with the
 * caller's abort, at the deadline, and when the source is silent for `idleMs` while somebody waits.
 * In each of these cases, and when it is left early, the source's `return` is called. At its end it
 * gives on what the source gives, where that is a {@link CloseReason}: a code that is a number, a
 * reason that is text.
 *
 * What the source throws becomes a `TransportError` unless it is a `LinkspanError` already.
 */
export function createBody<Chunk = Uint8Array>(
  source: AsyncIterable<Chunk> | Iterable<Chunk>,
  context: CallContext,
): FailableBody<Chunk> {
  return new SourceBody(source, context);
}

class SourceBody<Chunk> implements FailableBody<Chunk>, AbortListener {
  readonly #context: CallContext;
  readonly #iterable: AsyncIterable<Chunk> | Iterable<Chunk>;
  #source: Source<Chunk> | undefined;
  #isTaken = false;
  #isClosed = false;
  /** What ended the body while nobody was reading; the next read tells it. */
  #failure: { readonly error: unknown } | undefined;
  #waiter: PromiseWithResolvers<Read<Chunk>> | undefined;
  /** The reads behind the one that waits: hardly ever one. */
  readonly #laterReads: PromiseWithResolvers<Read<Chunk>>[] = [];
  #deadlineTimer: TimerHandle | undefined;
  #idleTimer: TimerHandle | undefined;
  #onClose: (() => void)[] = [];

  constructor(iterable: AsyncIterable<Chunk> | Iterable<Chunk>, context: CallContext) {
    this.#iterable = iterable;
    this.#context = context;
    if (Array.isArray(iterable) && iterable.length === 0) this.#isClosed = true;
    else if (Symbol.asyncIterator in iterable) this.#watch();
  }

  [Symbol.asyncIterator](): AsyncIterator<Chunk, CloseReason | undefined> {
    this.#take();
    return {
      next: () => this.#next(),
      return: async () => {
        await this.cancel();
        return END;
      },
    };
  }

  async collect(options: { readonly maxBytes?: number } = {}): Promise<readonly Chunk[]> {
    const { maxBytes = Infinity } = options;
    this.#take();
    const chunks: Chunk[] = [];
    let bytes = 0;
    // oxlint-disable-next-line no-await-in-loop -- chunks come one after another
    for (let read = await this.#next(); read.done !== true; read = await this.#next()) {
      bytes += sizeOf(read.value);
      if (bytes > maxBytes) {
        const error = new MessageTooLargeError(
          `Cannot collect the body: it has more than ${maxBytes} bytes`,
        );
        this.#cancelQuietly();
        throw error;
      }
      chunks.push(read.value);
    }
    return chunks;
  }

  async cancel(_reason?: unknown): Promise<void> {
    this.#isTaken = true;
    if (this.#isClosed) {
      this.#failure = undefined;
      return;
    }
    const waiter = this.#close();
    waiter?.resolve(END);
    this.#serveLaterReads();
    // An async generator that is busy would answer `return` only after its pending step.
    if (waiter === undefined) await this.#returnSource();
    else this.#cancelSource();
  }

  fail(error: unknown): void {
    if (this.#isClosed) return;
    // Before those who listen for the end are told: they may read at once.
    if (this.#waiter === undefined) this.#failure = { error };
    this.#close()?.reject(error);
    this.#serveLaterReads();
    this.#cancelSource();
  }

  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#onClose.push(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel();
  }

  onAbort(reason: unknown): void {
    this.fail(reason);
  }

  #take(): void {
    if (this.#isTaken) {
      throw new MessageError(
        'Cannot read the body: it is being read, or was read or cancelled, already; a body is read once',
        { code: 'body_used' },
      );
    }
    this.#isTaken = true;
  }

  /** From now on the wire is freed at the deadline and on abort, also when nobody reads. */
  #watch(): void {
    const { signal, deadline } = this.#context;
    if (signal?.aborted === true) {
      this.onAbort(signal.reason);
      return;
    }
    if (signal !== undefined) addAbortListener(signal, this);
    if (deadline.isUnlimited) return;
    this.#deadlineTimer = deadline.clock.setTimeout(() => {
      this.fail(deadlineError(this.#context, { phase: 'body', sent: 'yes' }));
    }, deadline.remainingMs);
  }

  #next(): Promise<Read<Chunk>> {
    // Reads that overlap are served one after another, as an async generator does.
    if (this.#waiter !== undefined) {
      const later = Promise.withResolvers<Read<Chunk>>();
      this.#laterReads.push(later);
      return later.promise;
    }
    return this.#read();
  }

  /** At once, so that no read that is new comes before them. */
  #serveLaterReads(): void {
    while (this.#waiter === undefined) {
      const later = this.#laterReads.shift();
      if (later === undefined) return;
      this.#read().then(later.resolve, later.reject);
    }
  }

  #read(): Promise<Read<Chunk>> {
    if (this.#isClosed) return this.#atEnd();
    const { signal } = this.#context;
    if (signal?.aborted === true) {
      this.onAbort(signal.reason);
      return this.#atEnd();
    }
    let step: IteratorResult<Chunk, unknown> | PromiseLike<IteratorResult<Chunk, unknown>>;
    try {
      this.#source ??= open(this.#iterable);
      step = this.#source.next();
    } catch (error) {
      this.#close();
      return Promise.reject(toFailure(error));
    }
    return 'then' in step ? this.#wait(step) : Promise.resolve(this.#arrived(step));
  }

  #atEnd(): Promise<Read<Chunk>> {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure === undefined ? Promise.resolve(END) : Promise.reject(failure.error);
  }

  #wait(step: PromiseLike<IteratorResult<Chunk, unknown>>): Promise<Read<Chunk>> {
    const waiter = Promise.withResolvers<Read<Chunk>>();
    this.#waiter = waiter;
    const { idleMs, deadline } = this.#context;
    if (idleMs !== Infinity) {
      this.#idleTimer = deadline.clock.setTimeout(() => {
        this.fail(idleTimeoutError(this.#context));
      }, idleMs);
    }
    step.then(
      (read) => {
        if (this.#waiter !== waiter) return;
        this.#endWait();
        waiter.resolve(this.#arrived(read));
        this.#serveLaterReads();
      },
      (error: unknown) => {
        if (this.#waiter !== waiter) return;
        this.#close();
        waiter.reject(toFailure(error, this.#context.signal));
        this.#serveLaterReads();
      },
    );
    return waiter.promise;
  }

  #arrived(read: IteratorResult<Chunk, unknown>): Read<Chunk> {
    if (read.done !== true) return read;
    this.#close();
    return read.value === undefined ? END : { done: true, value: toCloseReason(read.value) };
  }

  #endWait(): PromiseWithResolvers<Read<Chunk>> | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (this.#idleTimer !== undefined) this.#context.deadline.clock.clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    return waiter;
  }

  #close(): PromiseWithResolvers<Read<Chunk>> | undefined {
    this.#isClosed = true;
    const { signal } = this.#context;
    if (signal !== undefined) removeAbortListener(signal, this);
    if (this.#deadlineTimer !== undefined) {
      this.#context.deadline.clock.clearTimeout(this.#deadlineTimer);
      this.#deadlineTimer = undefined;
    }
    const waiter = this.#endWait();
    const listeners = this.#onClose;
    this.#onClose = [];
    for (const listener of listeners) listener();
    return waiter;
  }

  async #returnSource(): Promise<void> {
    await (this.#source ?? open(this.#iterable)).return?.();
  }

  /** The failure that is reported is the one that came first; another of the cleanup adds nothing. */
  #cancelSource(): void {
    this.#returnSource().catch(() => {});
  }

  #cancelQuietly(): void {
    this.cancel().catch(() => {});
  }
}

function open<Chunk>(iterable: AsyncIterable<Chunk> | Iterable<Chunk>): Source<Chunk> {
  return Symbol.asyncIterator in iterable
    ? iterable[Symbol.asyncIterator]()
    : iterable[Symbol.iterator]();
}

/** What is none, is of no concern to the reader: generators return all kinds of things. */
function toCloseReason(value: unknown): CloseReason | undefined {
  const { code, reason } = (value ?? {}) as CloseReason;
  const end = {
    ...(typeof code === 'number' && { code }),
    ...(typeof reason === 'string' && { reason }),
  };
  return Object.keys(end).length === 0 ? undefined : end;
}

function sizeOf(chunk: unknown): number {
  if (chunk instanceof Uint8Array) return chunk.byteLength;
  return typeof chunk === 'string' ? chunk.length : 0;
}

function toFailure(error: unknown, signal?: AbortSignal): unknown {
  if (
    error instanceof LinkspanError ||
    (signal?.aborted === true && Object.is(error, signal.reason))
  ) {
    return error;
  }
  return new TransportError('Cannot read the body: its source failed', {
    code: 'body',
    phase: 'body',
    sent: 'yes',
    cause: error,
  });
}
