import type { Dialect, LinkspanError, StreamHead, TransportResponse } from '@linkspan/core';
import type { ChatEvent } from '../chat/chat-event.ts';
import type { ChatRequest } from '../chat/chat-request.ts';
import type { ChatResponse } from '../chat/chat-response.ts';
import { classifySdkError } from '../errors/classify-sdk-error.ts';
import { loadSdk } from '../errors/load-sdk.ts';
import { hideHeaders } from '../transport/hide-headers.ts';
import type { SdkAdapter } from '../transport/sdk-adapter.ts';
import { sdkRawRequest, sdkRequestOptions } from '../transport/sdk-request-options.ts';
import { KEY_IS_HELD_ELSEWHERE, type SdkCall, type SdkWire } from '../transport/sdk-wire.ts';
import { anthropicChatDialect, readMessage } from './anthropic-answer.ts';
import { anthropicErrors } from './anthropic-errors.ts';
import { anthropicParams } from './anthropic-params.ts';
import type { AnthropicModule, AnthropicSdk } from './anthropic-sdk.ts';

/** What an {@link AnthropicAdapter} has to know. */
export interface AnthropicAdapterOptions {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The most tokens of an answer whose request does not say. */
  readonly maxTokens: number;
}

/** Chats through Anthropic's SDK: messages. */
export class AnthropicAdapter implements SdkAdapter<AnthropicSdk> {
  readonly provider = 'anthropic';
  readonly dialect: Dialect<ChatEvent, ChatResponse> = anthropicChatDialect;
  readonly #wire: SdkWire;
  readonly #options: AnthropicAdapterOptions;
  #native: AnthropicSdk | undefined;
  #module: AnthropicModule | undefined;

  constructor(wire: SdkWire, options: AnthropicAdapterOptions) {
    this.#wire = wire;
    this.#options = options;
  }

  async load(): Promise<AnthropicSdk> {
    const module = await loadSdk('@anthropic-ai/sdk', () => import('@anthropic-ai/sdk'));
    const { baseUrl: baseURL, headers } = this.#options;
    this.#module = module;
    this.#native = new module.Anthropic({
      baseURL,
      apiKey: KEY_IS_HELD_ELSEWHERE,
      defaultHeaders: hideHeaders(headers),
      maxRetries: 0,
      openTelemetry: false,
      fetch: this.#wire.fetch,
    });
    return this.#native;
  }

  create(request: ChatRequest, call: SdkCall): Promise<TransportResponse> {
    const params = { ...anthropicParams(request, this.#options.maxTokens), stream: false } as const;
    return this.#wire.send(call, (fetchOptions) =>
      this.#sdk.messages.create(params, sdkRequestOptions(call, fetchOptions)).asResponse(),
    );
  }

  stream(request: ChatRequest, call: SdkCall): Promise<TransportResponse> {
    const params = { ...anthropicParams(request, this.#options.maxTokens), stream: true } as const;
    return this.#wire.send(call, (fetchOptions) =>
      this.#sdk.messages.create(params, sdkRequestOptions(call, fetchOptions)).asResponse(),
    );
  }

  request(call: SdkCall): Promise<TransportResponse> {
    return this.#wire.send(
      call,
      (fetchOptions) => this.#sdk.request(sdkRawRequest(call, fetchOptions)).asResponse(),
      call.request.payload,
    );
  }

  readAnswer(answer: unknown, head: StreamHead): ChatResponse {
    return readMessage(answer, head);
  }

  classifyError(error: unknown): LinkspanError {
    return classifySdkError(error, anthropicErrors(this.#module, this.#native?.timeout ?? 0));
  }

  get #sdk(): AnthropicSdk {
    if (this.#native === undefined) throw new TypeError('Cannot send: load() was not called');
    return this.#native;
  }
}
