import { type Answer, jsonAnswer, type ValueAnswer } from '../answer.ts';
import type { FaultTable, ProviderFault } from '../fault.ts';
import { contentText, fieldsOf, lastText } from '../json-body.ts';
import { askModel } from '../model/ask-model.ts';
import { ReplyScript } from '../model/reply-script.ts';
import { StumbleScript } from '../stumble-script.ts';
import type { Upstream, UpstreamContext, UpstreamRequest } from '../upstream.ts';
import { answerChatCompletion } from './chat-completions.ts';
import { openaiFaults, openaiHeaders, refuseOpenai } from './openai-errors.ts';
import { Responses } from './responses.ts';

/** OpenAI's API: chat completions, responses and the list of models. */
export class OpenaiUpstream implements Upstream {
  readonly name = 'openai';
  readonly prefix = '/openai/v1';
  readonly faults: FaultTable = openaiFaults;
  readonly stumbles: StumbleScript;
  readonly replies: ReplyScript = new ReplyScript();
  readonly #context: UpstreamContext;
  readonly #responses: Responses;

  constructor(context: UpstreamContext) {
    this.#context = context;
    this.#responses = new Responses(context);
    this.stumbles = new StumbleScript(`openai ${context.seed}`);
  }

  async answer(request: UpstreamRequest): Promise<Answer> {
    const { method, route } = request;
    if (method === 'GET' && route === '/models') return this.#models();
    if (route.startsWith('/responses/')) {
      const found = this.#responses.find(request);
      return 'kind' in found ? found : this.refuse(found, request);
    }
    const isChat = route === '/chat/completions';
    if (method !== 'POST' || (!isChat && route !== '/responses')) {
      return this.refuse({ status: 404, message: `Invalid URL (${method} ${route})` }, request);
    }
    const fault = faultOf(request, isChat);
    if (fault !== undefined) return this.refuse(fault, request);
    const body = fieldsOf(request.body);
    const question = {
      prompt: isChat ? lastText(body['messages'], 'user') : inputText(body['input']),
      model: String(body['model']),
      input: JSON.stringify(isChat ? body['messages'] : body['input']),
      callPrefix: 'call_',
    };
    const reply = await askModel(this.replies, request, question, this.#context);
    if ('refuse' in reply) return this.refuse(reply.refuse, request);
    return isChat
      ? answerChatCompletion(request, reply, this.#context)
      : this.#responses.create(request, reply);
  }

  refuse(fault: ProviderFault, request: UpstreamRequest): ValueAnswer {
    return refuseOpenai(fault, request, this.#context.mint);
  }

  #models(): Answer {
    const data = ['mock-1', 'mock-mini'].map((id) => ({
      id,
      object: 'model',
      created: this.#context.mint.unixSeconds(),
      owned_by: 'linkspan',
    }));
    return jsonAnswer(200, { object: 'list', data }, openaiHeaders(this.#context.mint));
  }
}

/** What is wrong with a request, in OpenAI's words. */
function faultOf({ body }: UpstreamRequest, isChat: boolean): ProviderFault | undefined {
  const { model, messages, input } = fieldsOf(body);
  if (body === undefined) {
    return { status: 400, message: 'We could not parse the JSON body of your request.' };
  }
  if (typeof model !== 'string') {
    return { status: 400, message: 'you must provide a model parameter' };
  }
  if (isChat ? Array.isArray(messages) : input !== undefined) return undefined;
  const name = isChat ? 'messages' : 'input';
  return {
    status: 400,
    message: `Missing required parameter: '${name}'.`,
    code: 'missing_required_parameter',
  };
}

/** The input of a response: text, or a list of items. */
function inputText(input: unknown): string {
  return typeof input === 'string' ? input : lastText(input, 'user') || contentText(input);
}
