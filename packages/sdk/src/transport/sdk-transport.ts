import {
  type CallContext,
  type Capabilities,
  ClosedError,
  type Dialect,
  HeadRace,
  LinkspanError,
  OpenCalls,
  type Send,
  type StreamHead,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import type { HttpClient } from '@linkspan/http';
import type { ChatEvent } from '../chat/chat-event.ts';
import type { ChatRequest } from '../chat/chat-request.ts';
import type { ChatResponse } from '../chat/chat-response.ts';
import { readChatRequest } from '../chat/read-chat-request.ts';
import { refusedRequest } from '../chat/refused-request.ts';
import { secretsOfAnswer } from './answer-secrets.ts';
import type { SdkAdapter } from './sdk-adapter.ts';

/**
 * A transport over a provider's SDK. Its requests are chats: `{ operation: 'chat', target: model,
 * payload: { kind: 'value', value: chatRequest } }`. Its answers are the provider's own bytes, which
 * `dialect` reads where they are a stream, and `readAnswer` where they are whole. Requests of another
 * kind name a method and a path of the provider's API: `{ operation: 'POST', target: '/embeddings' }`.
 */
export interface SdkTransport<Native = unknown> extends Transport<Uint8Array, ChatRequest> {
  readonly provider: string;
  /** What the streams of this provider say: for `client.stream(request, { dialect })`. */
  readonly dialect: Dialect<ChatEvent, ChatResponse>;
  prepare(request: ChatRequest): TransportRequest;
  /** What a whole answer says. @throws LinkspanError when it reports an error, or is no answer. */
  readAnswer(answer: unknown, head: StreamHead): ChatResponse;
  /**
   * The SDK's own client, for all that is not wrapped here: on the same connections and credentials,
   * with its own tries again and spans off.
   *
   * @throws ConfigurationError when the SDK is not installed.
   */
  native(): Promise<Native>;
  /** The failure that an error of {@link native} is: by its class, else its status, else its code. */
  classifyError(error: unknown): LinkspanError;
}

/** A transport of an adapter and the http client below it, which it closes. */
export class AdaptedTransport<Native> implements SdkTransport<Native> {
  readonly name: string;
  readonly provider: string;
  readonly capabilities: Capabilities = {
    streaming: true,
    upload: true,
    duplex: false,
    status: true,
  };
  readonly dialect: Dialect<ChatEvent, ChatResponse>;
  readonly #adapter: SdkAdapter<Native>;
  readonly #http: HttpClient;
  /** Calls that wait for the SDK to be loaded. */
  readonly #waiting = new OpenCalls<HeadRace<unknown>>();
  #loading: Promise<Native> | undefined;
  #isLoaded = false;
  #closing: Promise<void> | undefined;

  constructor(adapter: SdkAdapter<Native>, http: HttpClient) {
    this.#adapter = adapter;
    this.#http = http;
    this.provider = adapter.provider;
    this.name = `sdk:${adapter.provider}`;
    this.dialect = adapter.dialect;
  }

  prepare(request: ChatRequest): TransportRequest {
    return { operation: 'chat', target: request.model, payload: { kind: 'value', value: request } };
  }

  readonly send: Send = async (request, context) => {
    if (this.#closing !== undefined) throw this.#closed();
    if (!this.#isLoaded) await this.#loadWithin(context);
    try {
      const response = await this.#call(request, context);
      secretsOfAnswer.set(response.body, response.secrets ?? []);
      return response;
    } catch (error) {
      const isReason = context.signal?.aborted === true && Object.is(error, context.signal.reason);
      if (isReason || error instanceof LinkspanError) throw error;
      throw this.#adapter.classifyError(error);
    }
  };

  async connect(context?: CallContext): Promise<void> {
    if (this.#closing !== undefined) throw this.#closed();
    await Promise.all([
      context === undefined ? this.native() : this.#loadWithin(context),
      this.#http.transport.connect(context),
    ]);
  }

  async probe(context: CallContext): Promise<void> {
    await this.#http.transport.probe?.(context);
  }

  native(): Promise<Native> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  readAnswer(answer: unknown, head: StreamHead): ChatResponse {
    return this.#adapter.readAnswer(answer, head);
  }

  classifyError(error: unknown): LinkspanError {
    return this.#adapter.classifyError(error);
  }

  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #load(): Promise<Native> {
    try {
      const native = await this.#adapter.load();
      this.#isLoaded = true;
      return native;
    } catch (error) {
      // What is missing may be installed by the next call.
      this.#loading = undefined;
      throw error;
    }
  }

  /** Loading goes on, whatever becomes of this call. */
  async #loadWithin(context: CallContext): Promise<void> {
    const race = new HeadRace<unknown>(context, { phase: 'queue', sent: 'no' });
    this.#waiting.add(race);
    try {
      await race.run(() => this.native());
    } finally {
      this.#waiting.delete(race);
    }
  }

  async #call(request: TransportRequest, context: CallContext): Promise<TransportResponse> {
    const adapter = this.#adapter;
    const call = { request, context };
    if (request.operation === 'chat') {
      const chat = readChatRequest(request);
      return await (context.streaming ? adapter.stream(chat, call) : adapter.create(chat, call));
    }
    if (adapter.request !== undefined && /^[A-Z]+$/.test(request.operation)) {
      return await adapter.request(call);
    }
    throw refusedRequest(
      'operation',
      `expected 'chat'${adapter.request === undefined ? '' : ' or an HTTP method'}, found ${JSON.stringify(request.operation.slice(0, 40))}`,
    );
  }

  async #close(options: { readonly drainMs?: number }): Promise<void> {
    for (const race of this.#waiting) race.fail(this.#closed());
    // The transport below knows the calls in flight; the client around it only its own.
    await this.#http.transport.close(options);
    await this.#http.close();
  }

  #closed(): ClosedError {
    return new ClosedError(`Cannot send the request: the ${this.name} transport is closed`);
  }
}
