import type { Answer, ValueAnswer } from '../answer.ts';
import type { FaultTable, ProviderFault } from '../fault.ts';
import { fieldsOf, lastText } from '../json-body.ts';
import { askModel } from '../model/ask-model.ts';
import { ReplyScript } from '../model/reply-script.ts';
import { StumbleScript } from '../stumble-script.ts';
import type { Upstream, UpstreamContext, UpstreamRequest } from '../upstream.ts';
import { anthropicFaults, refuseAnthropic } from './anthropic-errors.ts';
import { answerMessage } from './messages.ts';

/** Anthropic's API: messages. */
export class AnthropicUpstream implements Upstream {
  readonly name = 'anthropic';
  readonly prefix = '/anthropic';
  readonly faults: FaultTable = anthropicFaults;
  readonly stumbles: StumbleScript;
  readonly replies: ReplyScript = new ReplyScript();
  readonly #context: UpstreamContext;

  constructor(context: UpstreamContext) {
    this.#context = context;
    this.stumbles = new StumbleScript(`anthropic ${context.seed}`);
  }

  async answer(request: UpstreamRequest): Promise<Answer> {
    const fault = faultOf(request);
    if (fault !== undefined) return this.refuse(fault);
    const { model, messages, system } = fieldsOf(request.body);
    const question = {
      prompt: lastText(messages, 'user'),
      model: String(model),
      input: JSON.stringify([system, messages]),
      callPrefix: 'toolu_01',
    };
    const reply = await askModel(this.replies, request, question, this.#context);
    if ('refuse' in reply) return this.refuse(reply.refuse);
    return answerMessage(request, reply, this.#context);
  }

  refuse(fault: ProviderFault): ValueAnswer {
    return refuseAnthropic(fault, this.#context.mint);
  }
}

/** What is wrong with a request, in Anthropic's words. */
function faultOf({ method, route, body, headers }: UpstreamRequest): ProviderFault | undefined {
  if (method !== 'POST' || route !== '/v1/messages') return { status: 404, message: 'Not found' };
  const fields = fieldsOf(body);
  if (headers['anthropic-version'] === undefined) {
    return { status: 400, message: 'anthropic-version: header is required' };
  }
  if (body === undefined) return { status: 400, message: 'The request body is not valid JSON' };
  const missing = ['model', 'max_tokens', 'messages'].find((name) => fields[name] === undefined);
  return missing === undefined ? undefined : { status: 400, message: `${missing}: Field required` };
}
