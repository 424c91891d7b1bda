import { type Answer, jsonAnswer, type ValueAnswer } from '../answer.ts';
import type { FaultTable, ProviderFault } from '../fault.ts';
import { fieldsOf, lastText, textOf } from '../json-body.ts';
import { askModel } from '../model/ask-model.ts';
import type { CompleteReply } from '../model/complete-reply.ts';
import { ReplyScript } from '../model/reply-script.ts';
import { StumbleScript } from '../stumble-script.ts';
import type { Upstream, UpstreamContext, UpstreamRequest } from '../upstream.ts';
import { agUiRun } from './ag-ui-events.ts';
import { AGENT_HEADERS, agentFaults, missingFields, refuseAgent } from './agent-errors.ts';
import { ndjsonChat, synapseRun, synapseStream } from './synapse-events.ts';
import { vercelRun } from './vercel-events.ts';

/** One of the forms in which the agent can be asked. */
interface Adapter {
  /** The fields that have to be there, and where pydantic says that they are not. */
  readonly required: readonly string[];
  readonly place: readonly string[];
  readonly prompt: (body: unknown) => string;
  readonly answer: (
    request: UpstreamRequest,
    reply: CompleteReply,
    context: UpstreamContext,
  ) => Answer;
}

const synapse = {
  required: ['prompt'],
  place: ['body'],
  prompt: (body: unknown) => textOf(fieldsOf(body)['prompt']),
};

const adapters: Readonly<Record<string, Adapter>> = {
  '/vercel': {
    required: ['trigger', 'id', 'messages'],
    place: [],
    prompt: (body) => lastText(fieldsOf(body)['messages'], 'user', 'parts'),
    answer: (_request, reply, context) => vercelRun(reply, context),
  },
  '/ag-ui': {
    required: ['threadId', 'runId', 'messages', 'tools', 'context', 'forwardedProps'],
    place: [],
    prompt: (body) => lastText(fieldsOf(body)['messages'], 'user'),
    answer: agUiRun,
  },
  '/run': { ...synapse, answer: synapseRun },
  '/run/stream': {
    ...synapse,
    answer: (_request, reply, context) => synapseStream(reply, context),
  },
  '/chat': { ...synapse, answer: (_request, reply, context) => ndjsonChat(reply, context) },
};

/** A pydantic-ai agent behind its adapters: Vercel, AG-UI, Synapse's wrapper and the NDJSON example. */
export class AgentUpstream implements Upstream {
  readonly name = 'agent';
  readonly prefix = '/agent';
  readonly faults: FaultTable = agentFaults;
  readonly stumbles: StumbleScript;
  readonly replies: ReplyScript = new ReplyScript();
  readonly #context: UpstreamContext;

  constructor(context: UpstreamContext) {
    this.#context = context;
    this.stumbles = new StumbleScript(`agent ${context.seed}`);
  }

  async answer(request: UpstreamRequest): Promise<Answer> {
    const { method, route, body } = request;
    const adapter =
      method === 'POST' && Object.hasOwn(adapters, route) ? adapters[route] : undefined;
    if (adapter === undefined) return this.refuse({ status: 404, message: 'Not Found' }, request);
    const fields = fieldsOf(body);
    const missing = adapter.required.filter((name) => fields[name] === undefined);
    if (missing.length > 0) {
      const errors = missingFields(missing, adapter.place);
      const refused = adapter.place.length === 0 ? errors : { detail: errors };
      return jsonAnswer(422, refused, AGENT_HEADERS);
    }
    const prompt = adapter.prompt(body);
    const question = { prompt, model: undefined, input: request.text, callPrefix: 'call_' };
    const reply = await askModel(this.replies, request, question, this.#context);
    if ('refuse' in reply) return this.refuse(reply.refuse, request);
    return adapter.answer(request, reply, this.#context);
  }

  refuse(fault: ProviderFault, { route }: UpstreamRequest): ValueAnswer {
    return refuseAgent(fault, route.startsWith('/run') || route === '/chat');
  }
}
