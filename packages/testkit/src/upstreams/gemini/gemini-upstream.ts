import { type Answer, jsonAnswer, sseEvent, type ValueAnswer } from '../answer.ts';
import type { FaultTable, ProviderFault } from '../fault.ts';
import { fieldsOf, lastText } from '../json-body.ts';
import { askModel } from '../model/ask-model.ts';
import type { CompleteReply } from '../model/complete-reply.ts';
import { ReplyScript } from '../model/reply-script.ts';
import { StumbleScript } from '../stumble-script.ts';
import { Timeline } from '../timeline.ts';
import type { Upstream, UpstreamContext, UpstreamRequest } from '../upstream.ts';

/** How Gemini refuses a request. */
const faults: FaultTable = {
  'rate-limit': { status: 429, message: 'Resource has been exhausted (e.g. check quota).' },
  overloaded: { status: 503, message: 'The model is overloaded. Please try again later.' },
  'server-error': { status: 500, message: 'An internal error has occurred.' },
  quota: {
    status: 429,
    message: 'You exceeded your current quota, please check your plan and billing details.',
    code: 'QUOTA_EXCEEDED',
  },
  'bad-key': {
    status: 400,
    message: 'API key not valid. Please pass a valid API key.',
    code: 'API_KEY_INVALID',
  },
};

/** The words of google.rpc.Code for a status. */
const words: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

const finishReasons: Readonly<Record<string, string>> = {
  stop: 'STOP',
  tool_calls: 'STOP',
  length: 'MAX_TOKENS',
  content_filter: 'SAFETY',
};

/** Gemini's API: `generateContent`, and `streamGenerateContent` with `alt=sse`. */
export class GeminiUpstream implements Upstream {
  readonly name = 'gemini';
  readonly prefix = '/gemini';
  readonly faults: FaultTable = faults;
  readonly stumbles: StumbleScript;
  readonly replies: ReplyScript = new ReplyScript();
  readonly #context: UpstreamContext;

  constructor(context: UpstreamContext) {
    this.#context = context;
    this.stumbles = new StumbleScript(`gemini ${context.seed}`);
  }

  async answer(request: UpstreamRequest): Promise<Answer> {
    const { method, route, query, body } = request;
    const [, model, verb] =
      /^\/v1(?:beta)?\/models\/([^/:]+):(generateContent|streamGenerateContent)$/.exec(route) ?? [];
    if (method !== 'POST' || model === undefined)
      return this.refuse({ status: 404, message: 'Not Found' });
    const { contents } = fieldsOf(body);
    if (!Array.isArray(contents)) {
      return this.refuse({
        status: 400,
        message: '* GenerateContentRequest.contents: contents is not specified',
      });
    }
    const isStream = verb === 'streamGenerateContent';
    if (isStream && query['alt'] !== 'sse') {
      return this.refuse({ status: 400, message: 'Only alt=sse is mocked' });
    }
    const question = {
      prompt: lastText(contents, 'user', 'parts') || lastText(contents, undefined, 'parts'),
      model,
      input: JSON.stringify(contents),
      callPrefix: 'call_',
    };
    const reply = await askModel(this.replies, request, question, this.#context);
    if ('refuse' in reply) return this.refuse(reply.refuse);
    return isStream ? this.#stream(model, reply) : this.#whole(model, reply);
  }

  refuse({ status, message, type, code, retryAfterMs }: ProviderFault): ValueAnswer {
    const details = [
      ...(retryAfterMs === undefined
        ? []
        : [{ '@type': `${GOOGLE}RetryInfo`, retryDelay: `${retryAfterMs / 1000}s` }]),
      ...(code === undefined
        ? []
        : [{ '@type': `${GOOGLE}ErrorInfo`, reason: code, domain: 'googleapis.com' }]),
    ];
    const word = type ?? words[status] ?? 'UNKNOWN';
    const error = { code: status, message, status: word, ...(details.length > 0 && { details }) };
    return jsonAnswer(status, { error });
  }

  #whole(model: string, reply: CompleteReply): Answer {
    const parts = [
      ...(reply.reasoning === '' ? [] : [{ text: reply.reasoning, thought: true }]),
      ...(reply.text === '' ? [] : [{ text: reply.text }]),
      ...callParts(reply),
    ];
    const chunk = this.#chunks(model, reply)(parts, true);
    return jsonAnswer(
      200,
      chunk,
      { server: 'scaffolding on HTTPServer2' },
      reply.pace.firstEventMs,
    );
  }

  #stream(model: string, reply: CompleteReply): Answer {
    const chunk = this.#chunks(model, reply);
    const content = [
      ...reply.reasoningChunks.map((text) => chunk([{ text, thought: true }], false)),
      ...reply.chunks.map((text) => chunk([{ text }], false)),
      ...(reply.toolCalls.length > 0 ? [chunk(callParts(reply), false)] : []),
    ];
    const { body } = this.refuse(faults.overloaded);
    return {
      kind: 'stream',
      headers: { 'content-type': 'text/event-stream', server: 'scaffolding on HTTPServer2' },
      timeline: new Timeline(
        [...content, chunk([{ text: '' }], true)].map((event) => sseEvent(event)),
        reply.pace,
        this.#context.clock,
      ),
      ending: 1,
      failure: () => [sseEvent(body)],
    };
  }

  /** Makes the chunks of one response. */
  #chunks(
    model: string,
    { finishReason, usage }: CompleteReply,
  ): (parts: readonly object[], last: boolean) => object {
    const responseId = this.#context.mint.id('', 23);
    const { inputTokens, outputTokens, reasoningTokens } = usage;
    const usageMetadata = {
      promptTokenCount: inputTokens,
      candidatesTokenCount: outputTokens - reasoningTokens,
      totalTokenCount: inputTokens + outputTokens,
      ...(reasoningTokens > 0 && { thoughtsTokenCount: reasoningTokens }),
    };
    const reason = finishReasons[finishReason] ?? finishReason;
    return (parts, last) => ({
      candidates: [
        { content: { parts, role: 'model' }, ...(last && { finishReason: reason }), index: 0 },
      ],
      usageMetadata,
      modelVersion: model,
      responseId,
    });
  }
}

const GOOGLE = 'type.googleapis.com/google.rpc.';

function callParts({ toolCalls }: CompleteReply): object[] {
  return toolCalls.map(({ id, name, arguments: args }) => ({
    functionCall: { id, name, args: JSON.parse(args) as unknown },
  }));
}
