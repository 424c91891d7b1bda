import type { ModelRefusal, ModelReply, ModelRequest } from '@linkspan/testkit';
import { composeAnswer, splitTokens } from './prose.ts';
import { seededRandom } from './random.ts';

/** Who answers, and in which words. */
const voices: Readonly<Record<string, string>> = {
  harbourmaster: 'The harbourmaster says:',
  purser: 'The purser notes:',
  navigator: 'By the chart:',
};

interface AgentBody {
  /** Synapse's wrapper: pydantic-ai's messages, a request and a response for every turn before. */
  readonly message_history?: readonly unknown[];
  /** The Vercel and AG-UI adapters: the messages of the conversation, the prompt included. */
  readonly messages?: readonly unknown[];
}

/** What the agents of the rehearsal say: those that are asked by name, and the harbourmaster. */
export function answerAsAgent({ prompt, query, body }: ModelRequest): ModelReply | ModelRefusal {
  const name = query['agent_id'] ?? 'harbourmaster';
  const voice = Object.hasOwn(voices, name) ? voices[name] : undefined;
  if (voice === undefined) return { refuse: { status: 404, message: `No agent ${name}` } };
  const { message_history: history = [], messages } = (body ?? {}) as AgentBody;
  const before = messages === undefined ? history.length : messages.length - 1;
  const turn = before > 0 ? ` (turn ${1 + before / 2})` : '';
  const answer = `${voice}${turn} ${composeAnswer(prompt)}`;
  const random = seededRandom(answer);
  const pace = { firstEventMs: 40 + random() * 120, eventMs: 1 + random() * 5 };
  return { chunks: splitTokens(answer), pace };
}
