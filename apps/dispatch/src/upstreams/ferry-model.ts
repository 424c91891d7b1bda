import type { ModelRefusal, ModelReply, ModelRequest } from '@linkspan/testkit';
import { composeAnswer, splitTokens } from './prose.ts';
import { seededRandom } from './random.ts';

interface ModelBody {
  readonly max_completion_tokens?: number;
  readonly max_tokens?: number;
  readonly tools?: readonly {
    readonly name?: string;
    readonly function?: { readonly name?: string };
  }[];
}

/** What the model of the rehearsal says to a chat or messages request about ferries. */
export function answerAsModel({
  prompt,
  model = '',
  body,
}: ModelRequest): ModelReply | ModelRefusal {
  const { tools, max_completion_tokens, max_tokens } = (body ?? {}) as ModelBody;
  const limit = max_completion_tokens ?? max_tokens ?? Infinity;
  if (model.startsWith('unknown')) {
    const message = `The model ${model} does not exist`;
    return { refuse: { status: 404, message, code: 'model_not_found' } };
  }
  if (limit < 1) {
    const message = `The token limit: expected 1 or more, found ${limit}`;
    return { refuse: { status: 400, message } };
  }
  const random = seededRandom(prompt);
  const pace = { firstEventMs: 30 + random() * 90, eventMs: 1 + random() * 4 };
  const tool = tools?.[0]?.function?.name ?? tools?.[0]?.name;
  if (tool !== undefined) {
    const args = { question: prompt, urgent: prompt.length % 2 === 0 };
    return { toolCalls: [{ id: 'call_1', name: tool, arguments: args }], pace };
  }
  const tokens = splitTokens(composeAnswer(prompt));
  const finishReason = tokens.length > limit ? 'length' : 'stop';
  return { chunks: tokens.slice(0, limit), finishReason, pace };
}
