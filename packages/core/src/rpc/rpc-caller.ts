import { CapacityLimiter, type Lease } from '@linkspan/concurrency';
import { writeJson } from '../codec/json-codec.ts';
import { type LinkspanError, isLinkspanError, type Sent } from '../errors/linkspan-error.ts';
import { ClosedError, ConfigurationError } from '../errors/local-errors.ts';
import { answeredError } from '../errors/rpc-error.ts';
import { ProtocolError, TransportError } from '../errors/transport-error.ts';
import { describeValue } from '../settings/describe-value.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import { validate } from '../standard-schema.ts';
import { brokenError, type EndError } from './end-error.ts';
import { PendingRequest } from './pending-request.ts';
import { isParams, type ReadAnswer, type RpcParams } from './rpc-message.ts';
import {
  type RpcRequestOptions,
  rpcRequestSettings,
  type RpcSettings,
  type RpcStray,
} from './rpc-options.ts';

/** What a caller needs of its peer. */
interface CallerParts {
  readonly settings: RpcSettings;
  readonly send: (text: string, signal?: AbortSignal) => Promise<unknown>;
  /** Called when a request begins to wait for its answer. */
  readonly onRequest: () => void;
}

const NO_OPTIONS: RpcRequestOptions = {};

/** The requests of our side: each settles once, with its own answer or with why there is none. */
export class RpcCaller {
  readonly #parts: CallerParts;
  readonly #slots: CapacityLimiter;
  readonly #pending = new Map<number, PendingRequest>();
  #lastId = 0;
  #end: EndError | undefined;

  constructor(parts: CallerParts) {
    this.#parts = parts;
    this.#slots = new CapacityLimiter(parts.settings.maxInFlight);
  }

  /** Whether a request waits for its answer, or for its turn. */
  get isWaiting(): boolean {
    return this.#pending.size > 0;
  }

  async request(
    method: string,
    params: RpcParams | undefined,
    options: RpcRequestOptions = NO_OPTIONS,
  ): Promise<unknown> {
    const { settings } = this.#parts;
    const call =
      options === NO_OPTIONS ? options : parseSettings('request()', rpcRequestSettings, options);
    const { signal, deadline, schema } = call;
    signal?.throwIfAborted();
    const id = this.#lastId + 1;
    const text = write({ jsonrpc: '2.0', id, method, params });
    this.#refuseEnded(method);
    this.#lastId = id;
    const totalMs = Math.min(call.totalMs ?? settings.totalMs, deadline?.remainingMs ?? Infinity);
    const request = new PendingRequest(id, method, { clock: settings.clock, totalMs, signal }, () =>
      this.#pending.delete(id),
    );
    this.#pending.set(id, request);
    this.#parts.onRequest();
    void this.#deliver(request, text);
    const result = await request.result;
    return schema === undefined
      ? result
      : await validate(schema, result, `the answer to ${JSON.stringify(method)}`);
  }

  /** Resolves when the channel has accepted the notification. */
  async notify(method: string, params: RpcParams | undefined, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const text = write({ jsonrpc: '2.0', method, params });
    this.#refuseEnded(method);
    await this.#parts.send(text, signal);
  }

  /** Settles the request that was answered. Gives what to tell of an answer that fits none. */
  take({ id, outcome }: ReadAnswer): RpcStray | undefined {
    const request = this.#pending.get(id as number);
    if (request === undefined || request.progress === 'queued') return this.#stray(id);
    if ('result' in outcome) request.resolve(outcome.result);
    else if ('error' in outcome) request.reject(answeredError(request.method, outcome.error));
    else {
      request.reject(
        new ProtocolError(
          `Cannot read the answer to ${JSON.stringify(request.method)}: ${outcome.problem}`,
          { code: 'invalid_answer', phase: 'body' },
        ),
      );
    }
    return undefined;
  }

  /** Fails the requests whose answers went with a connection; those that wait for their turn stay. */
  interrupt(makeError: EndError): void {
    for (const request of this.#pending.values()) {
      if (request.progress === 'sent') request.reject(makeError(request.method, 'maybe'));
    }
  }

  /**
   * Fails every request, now and later. One that the channel is about to accept is left to what the
   * channel says of it, which alone knows whether it was sent.
   */
  end(makeError: EndError): void {
    this.#end ??= makeError;
    for (const request of this.#pending.values()) {
      if (request.progress !== 'sending') request.reject(makeError(request.method, request.sent));
    }
  }

  /** Sends a request when its turn has come, and keeps its place until it has settled. */
  async #deliver(request: PendingRequest, text: string): Promise<void> {
    let lease: Lease | undefined;
    try {
      lease = await this.#slots.acquire(request.leave);
      if (request.isSettled) return;
      request.progress = 'sending';
      await this.#parts.send(text, request.leave);
      request.progress = 'sent';
      // The channel may have accepted it after its caller left, or as the last before its end.
      if (this.#end !== undefined) request.reject(this.#end(request.method, 'maybe'));
      await request.result;
    } catch (error) {
      if (!request.isSettled) request.reject(this.#refused(request, error));
    } finally {
      lease?.release();
    }
    if (request.isGivenUp && request.progress === 'sent') await this.#cancel(request.id);
  }

  async #cancel(id: number): Promise<void> {
    const { cancellation } = this.#parts.settings;
    if (cancellation === false) return;
    try {
      await this.notify(cancellation.method, cancellation.params(id));
    } catch {
      // Where nothing can be sent any more, the end of the channel tells the peer.
    }
  }

  #refused({ method }: PendingRequest, cause: unknown): LinkspanError {
    if (this.#end !== undefined) return this.#end(method, sentOf(cause));
    if (cause instanceof ClosedError) {
      return brokenError('the channel does not send any more', cause)(method, cause.sent);
    }
    if (isLinkspanError(cause)) return cause;
    return new TransportError(`Cannot call ${JSON.stringify(method)}: the channel refused it`, {
      code: 'send_failed',
      phase: 'send',
      sent: 'maybe',
      cause,
    });
  }

  #refuseEnded(method: string): void {
    if (this.#end !== undefined) throw this.#end(method, 'no');
  }

  #stray(id: unknown): RpcStray {
    const isPast = typeof id === 'number' && Number.isInteger(id) && id >= 1 && id <= this.#lastId;
    if (id === null || id === undefined) return { reason: 'no-id', id };
    return { reason: isPast && !this.#pending.has(id) ? 'settled-id' : 'unknown-id', id };
  }
}

function sentOf(error: unknown): Sent {
  return isLinkspanError(error) ? error.sent : 'maybe';
}

interface WrittenCall {
  readonly jsonrpc: '2.0';
  readonly id?: number;
  readonly method: string;
  readonly params: RpcParams | undefined;
}

function write(call: WrittenCall): string {
  const { method, params } = call;
  if (typeof method !== 'string') {
    throw new ConfigurationError(
      `Cannot call a method: expected its name to be a string, found ${describeValue(method)}`,
    );
  }
  if (params !== undefined && !isParams(params)) {
    throw new ConfigurationError(
      `Cannot call ${JSON.stringify(method)}: expected params to be an array or an object, found ${describeValue(params)}`,
    );
  }
  return writeJson(call);
}
