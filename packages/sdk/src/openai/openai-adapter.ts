import type { Dialect, LinkspanError, StreamHead, TransportResponse } from '@linkspan/core';
import type { ChatTerminator } from '@linkspan/dialects';
import type { ChatEvent } from '../chat/chat-event.ts';
import type { ChatRequest } from '../chat/chat-request.ts';
import type { ChatResponse } from '../chat/chat-response.ts';
import { classifySdkError } from '../errors/classify-sdk-error.ts';
import { loadSdk } from '../errors/load-sdk.ts';
import { hideHeaders } from '../transport/hide-headers.ts';
import type { SdkAdapter } from '../transport/sdk-adapter.ts';
import { sdkRawRequest, sdkRequestOptions } from '../transport/sdk-request-options.ts';
import { KEY_IS_HELD_ELSEWHERE, type SdkCall, type SdkWire } from '../transport/sdk-wire.ts';
import { chatApi, type OpenAIApi, type OpenAIApiName, responsesApi } from './openai-api.ts';
import { openaiErrors } from './openai-errors.ts';
import type { MaxTokensField } from './openai-params.ts';
import type { OpenAIErrorClasses, OpenAISdk } from './openai-sdk.ts';

/** What an {@link OpenAIAdapter} has to know. */
export interface OpenAIAdapterOptions {
  readonly baseUrl: string;
  readonly api: OpenAIApiName;
  readonly organization: string | undefined;
  readonly project: string | undefined;
  /** Of Azure's API; absent for all other servers. */
  readonly apiVersion: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly maxTokensField: MaxTokensField;
  readonly terminator: ChatTerminator;
}

/** Chats through OpenAI's SDK: as chat completions, or as responses. */
export class OpenAIAdapter implements SdkAdapter<OpenAISdk> {
  readonly provider = 'openai';
  readonly dialect: Dialect<ChatEvent, ChatResponse>;
  readonly #wire: SdkWire;
  readonly #options: OpenAIAdapterOptions;
  readonly #api: OpenAIApi;
  #native: OpenAISdk | undefined;
  #errorClasses: OpenAIErrorClasses | undefined;

  constructor(wire: SdkWire, options: OpenAIAdapterOptions) {
    this.#wire = wire;
    this.#options = options;
    const { api, terminator, maxTokensField } = options;
    this.#api = api === 'chat' ? chatApi(terminator, maxTokensField) : responsesApi;
    this.dialect = this.#api.dialect;
  }

  async load(): Promise<OpenAISdk> {
    const { OpenAI, AzureOpenAI } = await loadSdk('openai', () => import('openai'));
    this.#errorClasses = await loadSdk('openai', () => import('openai/error'));
    const { baseUrl: baseURL, organization, project, apiVersion, headers } = this.#options;
    const options = {
      baseURL,
      apiKey: KEY_IS_HELD_ELSEWHERE,
      adminAPIKey: null,
      organization: organization ?? null,
      project: project ?? null,
      defaultHeaders: hideHeaders(headers),
      maxRetries: 0,
      fetch: this.#wire.fetch,
    };
    this.#native =
      apiVersion === undefined ? new OpenAI(options) : new AzureOpenAI({ ...options, apiVersion });
    return this.#native;
  }

  create(request: ChatRequest, call: SdkCall): Promise<TransportResponse> {
    return this.#wire.send(call, (fetchOptions) =>
      this.#api.ask(this.#sdk, request, false, sdkRequestOptions(call, fetchOptions)),
    );
  }

  stream(request: ChatRequest, call: SdkCall): Promise<TransportResponse> {
    return this.#wire.send(call, (fetchOptions) =>
      this.#api.ask(this.#sdk, request, true, sdkRequestOptions(call, fetchOptions)),
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
    return this.#api.readAnswer(answer, head);
  }

  classifyError(error: unknown): LinkspanError {
    return classifySdkError(error, openaiErrors(this.#errorClasses, this.#native?.timeout ?? 0));
  }

  get #sdk(): OpenAISdk {
    if (this.#native === undefined) throw new TypeError('Cannot send: load() was not called');
    return this.#native;
  }
}
