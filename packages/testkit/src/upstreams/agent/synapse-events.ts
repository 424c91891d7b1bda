import { type Answer, jsonAnswer } from '../answer.ts';
import { fieldsOf, listOf } from '../json-body.ts';
import type { CompleteReply } from '../model/complete-reply.ts';
import { Timeline } from '../timeline.ts';
import type { UpstreamContext, UpstreamRequest } from '../upstream.ts';
import { AGENT_HEADERS, agentFaults } from './agent-errors.ts';

/** `POST /run?agent_id=` of Synapse's wrapper: the result, the messages and the usage at once. */
export function synapseRun(
  { body }: UpstreamRequest,
  reply: CompleteReply,
  { mint }: UpstreamContext,
): Answer {
  const { prompt, message_history: history } = fieldsOf(body);
  const timestamp = mint.isoTime();
  const messages = [
    ...listOf(history),
    { kind: 'request', parts: [{ part_kind: 'user-prompt', content: prompt, timestamp }] },
    { kind: 'response', parts: [{ part_kind: 'text', content: reply.text }], timestamp },
  ];
  const { inputTokens, outputTokens } = reply.usage;
  const usage = { requests: 1, input_tokens: inputTokens, output_tokens: outputTokens };
  const result = { result: reply.text, messages, usage };
  return jsonAnswer(200, result, AGENT_HEADERS, reply.pace.firstEventMs);
}

/**
 * `POST /run/stream?agent_id=` of Synapse's wrapper: the pieces as they are, line breaks and all,
 * then `[DONE]`, which also comes behind a line `error: <text>`.
 */
export function synapseStream(reply: CompleteReply, { clock }: UpstreamContext): Answer {
  const done = 'data: [DONE]\n\n';
  return {
    kind: 'stream',
    headers: { ...AGENT_HEADERS, 'content-type': 'text/event-stream; charset=utf-8' },
    timeline: new Timeline(
      [...reply.chunks.map((piece) => `data: ${piece}\n\n`), done],
      reply.pace,
      clock,
    ),
    ending: 1,
    failure: () => [`error: ${agentFaults.overloaded.message}\n\n`, done],
  };
}

/**
 * `POST /chat?agent_id=` as in pydantic-ai's own example: NDJSON as plain text, each line with the
 * whole text so far. It has no terminator, and no way to tell an error but a line that breaks off.
 */
export function ndjsonChat(reply: CompleteReply, { mint, clock }: UpstreamContext): Answer {
  const timestamp = mint.isoTime();
  const lines = reply.chunks.map((_, index) => {
    const content = reply.chunks.slice(0, index + 1).join('');
    return `${JSON.stringify({ role: 'model', timestamp, content })}\n`;
  });
  return {
    kind: 'stream',
    headers: { ...AGENT_HEADERS, 'content-type': 'text/plain; charset=utf-8' },
    timeline: new Timeline(lines, reply.pace, clock),
    ending: 0,
    failure: () => [`{"role":"model","timestamp":"${timestamp}","content":`],
  };
}
