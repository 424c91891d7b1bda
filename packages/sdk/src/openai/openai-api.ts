import type { Dialect, StreamHead } from '@linkspan/core';
import type { ChatTerminator } from '@linkspan/dialects';
import type { ChatEvent } from '../chat/chat-event.ts';
import type { ChatRequest } from '../chat/chat-request.ts';
import type { ChatResponse } from '../chat/chat-response.ts';
import type { SdkRequestOptions } from '../transport/sdk-request-options.ts';
import { openaiChatDialect, readCompletion } from './openai-answer.ts';
import { type MaxTokensField, openaiParams } from './openai-params.ts';
import type { OpenAISdk } from './openai-sdk.ts';
import { openaiResponsesDialect, readResponse } from './responses-answer.ts';
import { responsesParams } from './responses-params.ts';

/** Which of OpenAI's two ways to ask a model is used. */
export type OpenAIApiName = 'chat' | 'responses';

/** One of OpenAI's ways to ask a model, and what its answers say. */
export interface OpenAIApi {
  readonly dialect: Dialect<ChatEvent, ChatResponse>;
  /** Has the SDK ask; resolves with its raw response. */
  ask(
    sdk: OpenAISdk,
    request: ChatRequest,
    stream: boolean,
    options: SdkRequestOptions,
  ): Promise<unknown>;
  readAnswer(answer: unknown, head: StreamHead): ChatResponse;
}

/** Chat completions, which every compatible server has. */
export function chatApi(terminator: ChatTerminator, maxTokensField: MaxTokensField): OpenAIApi {
  return {
    dialect: openaiChatDialect(terminator),
    ask: (sdk, request, stream, options) => {
      const params = {
        ...(stream && { stream_options: { include_usage: true } }),
        ...openaiParams(request, maxTokensField),
        stream,
      };
      return sdk.chat.completions.create(params, options).asResponse();
    },
    readAnswer: readCompletion,
  };
}

/** Responses, which OpenAI's newest models can do more with. */
export const responsesApi: OpenAIApi = {
  dialect: openaiResponsesDialect,
  ask: (sdk, request, stream, options) =>
    sdk.responses.create({ ...responsesParams(request), stream }, options).asResponse(),
  readAnswer: readResponse,
};
