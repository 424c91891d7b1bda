import type { UpstreamContext, UpstreamRequest } from '../upstream.ts';
import { completeReply, type CompleteReply } from './complete-reply.ts';
import type { ModelRefusal } from './model-reply.ts';
import type { ReplyScript } from './reply-script.ts';

/** What of a request a model is asked. */
export interface Question {
  readonly prompt: string;
  readonly model: string | undefined;
  /** All that the model reads, to count its tokens. */
  readonly input: string;
  /** Put before the ids of tool calls: `'call_'`. */
  readonly callPrefix: string;
}

/** What was scripted for a request, with nothing left open. */
export async function askModel(
  replies: ReplyScript,
  request: UpstreamRequest,
  { prompt, model, input, callPrefix }: Question,
  { mint, pace }: UpstreamContext,
): Promise<CompleteReply | ModelRefusal> {
  const reply = await replies.take({ ...request, prompt, model });
  if ('refuse' in reply) return reply;
  return completeReply(reply, { prompt, input, mint, pace, callPrefix });
}
