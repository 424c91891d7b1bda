import { setTimeout as delay } from 'node:timers/promises';
import { composeAnswer, countTokens, splitTokens } from './prose.ts';
import { seededRandom } from './random.ts';
import { type PlannedStream, sendStream, sendValue, stumbleAtHead } from './stumble.ts';
import type { Stumble } from './stumbles.ts';
import { errorBody, type Exchange, sendJson } from './upstream.ts';

/** Who answers, and in which words. */
const agents: Readonly<Record<string, string>> = {
  harbourmaster: 'The harbourmaster says:',
  purser: 'The purser notes:',
  navigator: 'By the chart:',
};

interface AgentBody {
  readonly prompt?: unknown;
  /** pydantic-ai's messages: a request and a response for every turn. */
  readonly message_history?: readonly unknown[];
}

/**
 * A pydantic-ai style agent: `POST /run?agent_id=` answers at once, `POST /run/stream?agent_id=`
 * streams text as Synapse's wrapper does, and `POST /chat?agent_id=` streams NDJSON whose every line
 * holds the whole text so far, as pydantic-ai's own example does.
 */
export async function answerAgent(exchange: Exchange, stumble: Stumble | undefined): Promise<void> {
  const { url, response } = exchange;
  const { prompt, message_history: history = [] } = (exchange.body ?? {}) as AgentBody;
  const agentId = url.searchParams.get('agent_id') ?? '';
  const voice = Object.hasOwn(agents, agentId) ? agents[agentId] : undefined;
  if (voice === undefined) return sendJson(response, 404, { error: `No agent ${agentId}` });
  if (typeof prompt !== 'string' || prompt === '') {
    const detail = [{ loc: ['body', 'prompt'], msg: 'Field required', type: 'missing' }];
    return sendJson(response, 422, { detail });
  }
  if (stumbleAtHead(response, stumble)) return;

  const turn = history.length > 0 ? ` (turn ${1 + history.length / 2})` : '';
  const answer = `${voice}${turn} ${composeAnswer(prompt)}`;
  const random = seededRandom(answer);
  const timing = { firstFrameMs: 40 + random() * 120, frameMs: 1 + random() * 5 };
  switch (url.pathname) {
    case '/run/stream':
      return await sendStream(response, { ...planSynapse(answer), ...timing }, stumble);
    case '/chat':
      return await sendStream(
        response,
        { ...planNdjson(answer), ...timing },
        withoutCleanCut(stumble),
      );
    case '/run': {
      await delay(80 + random() * 120);
      const messages = [...history, ...turnMessages(prompt, answer)];
      const usage = { input_tokens: countTokens(prompt), output_tokens: countTokens(answer) };
      return sendValue(response, { result: answer, messages, usage }, stumble);
    }
    default:
      return sendJson(response, 404, errorBody(`No route ${url.pathname}`, 'not_found'));
  }
}

type Plan = Omit<PlannedStream, 'firstFrameMs' | 'frameMs'>;

function planSynapse(answer: string): Plan {
  return {
    contentType: 'text/event-stream',
    frames: splitTokens(answer).map((piece) => `data: ${piece}\n\n`),
    ending: ['data: [DONE]\n\n'],
    errorFrame: 'error: The model behind the agent is overloaded\n\n',
  };
}

function planNdjson(answer: string): Plan {
  let soFar = '';
  const frames = splitTokens(answer).map((piece) => cumulativeLine((soFar += piece)));
  return {
    contentType: 'text/plain; charset=utf-8',
    frames,
    ending: [],
    errorFrame: '{"role":"model","content":',
  };
}

function cumulativeLine(content: string): string {
  return `${JSON.stringify({ role: 'model', content })}\n`;
}

/** NDJSON has no terminator: a clean end is an end. What is cut is cut by breaking the connection. */
function withoutCleanCut(stumble: Stumble | undefined): Stumble | undefined {
  return stumble === 'cut' ? 'break' : stumble;
}

/** One turn of a conversation in the messages of pydantic-ai. */
function turnMessages(prompt: string, text: string): unknown[] {
  return [
    { kind: 'request', parts: [{ part_kind: 'user-prompt', content: prompt }] },
    { kind: 'response', parts: [{ part_kind: 'text', content: text }] },
  ];
}
