import {
  type CallOptions,
  type Client,
  type EventStreamPromise,
  LinkspanError,
  type Result,
  type StreamHead,
  type StreamOptions,
  toResult,
} from '@linkspan/core';
import type { ChatEvent } from '../chat/chat-event.ts';
import type { ChatRequest, ChatRequestInit } from '../chat/chat-request.ts';
import type { ChatResponse } from '../chat/chat-response.ts';
import { readJsonAnswer } from '../chat/read-json-answer.ts';
import { refusedRequest } from '../chat/refused-request.ts';
import { secretsOfAnswer } from '../transport/answer-secrets.ts';
import type { SdkTransport } from '../transport/sdk-transport.ts';

/** What a stream of a chat takes; its dialect is the provider's. */
export type ChatStreamOptions = Omit<StreamOptions<ChatEvent, ChatResponse>, 'dialect' | 'resume'>;

/** A client for chats with the models of one provider. */
export interface SdkClient<Native = unknown> extends AsyncDisposable {
  readonly transport: SdkTransport<Native>;
  /** The client below: batches, requests of another kind, calls in flight, the configuration. */
  readonly client: Client<ChatRequest>;
  /**
   * Asks, and waits for the whole answer.
   *
   * @throws LinkspanError; the caller's `signal.reason`.
   */
  chat(request: ChatRequestInit, options?: CallOptions): Promise<ChatResponse>;
  /**
   * Asks, and gives the answer as it is made. What it gives can be awaited, for head and outcome, or
   * iterated at once; `result()` reads it to its end. A stream that is cut throws.
   */
  stream(
    request: ChatRequestInit,
    options?: ChatStreamOptions,
  ): EventStreamPromise<ChatEvent, ChatResponse>;
  /** {@link chat}, giving `{ ok, value }` or `{ ok, error }` instead of throwing. */
  readonly safe: {
    chat(request: ChatRequestInit, options?: CallOptions): Promise<Result<ChatResponse>>;
  };
  /**
   * The SDK's own client, for all that is not wrapped here: on the same connections and credentials,
   * with its own tries again and spans off.
   *
   * @throws ConfigurationError when the SDK is not installed.
   */
  native(): Promise<Native>;
  /** Loads the SDK and opens a connection. Calls do both by themselves. */
  connect(): Promise<void>;
  /** Lets calls in flight finish for `drainMs`, then fails them with `ClosedError`. Idempotent. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

/** A chat client over a client and its transport. */
export class ChatClient<Native> implements SdkClient<Native> {
  readonly transport: SdkTransport<Native>;
  readonly client: Client<ChatRequest>;
  readonly safe: SdkClient<Native>['safe'];
  readonly #model: string | undefined;

  constructor(
    client: Client<ChatRequest>,
    transport: SdkTransport<Native>,
    model: string | undefined,
  ) {
    this.client = client;
    this.transport = transport;
    this.#model = model;
    this.safe = { chat: (request, options) => toResult(this.chat(request, options)) };
  }

  async chat(request: ChatRequestInit, options?: CallOptions): Promise<ChatResponse> {
    const response = await this.client.request(this.#withModel(request), options);
    const { status, headers, body, attempts } = response;
    try {
      const head: StreamHead = {
        status,
        contentType: 'application/json',
        headers,
        secrets: secretsOfAnswer.get(body) ?? [],
      };
      const answer = readJsonAnswer(await response.text(), head);
      const chat = this.transport.readAnswer(answer, head);
      if (chat.usage !== undefined) response.meter?.used(chat.usage, true);
      return chat;
    } catch (error) {
      response.meter?.failed(error);
      if (error instanceof LinkspanError) {
        error.transport ??= this.transport.name;
        error.attempts = attempts;
      }
      throw error;
    }
  }

  stream(
    request: ChatRequestInit,
    options: ChatStreamOptions = {},
  ): EventStreamPromise<ChatEvent, ChatResponse> {
    const { dialect } = this.transport;
    return this.client.stream(this.#withModel(request), { ...options, dialect });
  }

  native(): Promise<Native> {
    return this.transport.native();
  }

  async connect(): Promise<void> {
    await this.client.connect();
  }

  async close(options?: { readonly drainMs?: number }): Promise<void> {
    await this.client.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #withModel(request: ChatRequestInit): ChatRequest {
    const model = request.model ?? this.#model;
    if (model === undefined) {
      throw refusedRequest(
        'model',
        'expected a model, in the request or of the client, found none',
      );
    }
    return { ...request, model };
  }
}
