import { sseEvent, type StreamAnswer } from '../answer.ts';
import type { CompleteReply, CompleteToolCall } from '../model/complete-reply.ts';
import { Timeline } from '../timeline.ts';
import type { UpstreamContext } from '../upstream.ts';
import { AGENT_HEADERS, agentFaults } from './agent-errors.ts';

type Part = { readonly type: string; readonly id?: string } & Readonly<Record<string, unknown>>;

const finishReasons: Readonly<Record<string, string | undefined>> = {
  stop: undefined,
  tool_calls: 'tool-calls',
  content_filter: 'content-filter',
};

/**
 * A run as pydantic-ai's Vercel adapter streams it. Where it fails, it closes the part that is open,
 * tells the error, and ends with `finish` and `[DONE]` all the same.
 * See https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 */
export function vercelRun(reply: CompleteReply, { mint, clock }: UpstreamContext): StreamAnswer {
  const content: Part[] = [
    { type: 'start' },
    { type: 'start-step' },
    ...spoken('reasoning', mint.uuid(), reply.reasoningChunks),
    ...spoken('text', mint.uuid(), reply.chunks),
    ...reply.toolCalls.flatMap(toolInput),
    { type: 'message-metadata', messageMetadata: { pydantic_ai: { timestamp: mint.isoTime() } } },
  ];
  const known = Object.hasOwn(finishReasons, reply.finishReason);
  const finishReason = known ? finishReasons[reply.finishReason] : reply.finishReason;
  const ending = [
    sseEvent({ type: 'finish-step' }),
    sseEvent({ type: 'finish', ...(finishReason !== undefined && { finishReason }) }),
    sseEvent('[DONE]'),
  ];
  return {
    kind: 'stream',
    headers: {
      ...AGENT_HEADERS,
      'x-vercel-ai-ui-message-stream': 'v1',
      'content-type': 'text/event-stream; charset=utf-8',
    },
    timeline: new Timeline(
      [...content.map((part) => sseEvent(part)), ...ending],
      reply.pace,
      clock,
    ),
    ending: ending.length,
    failure: (index) => [
      ...closing(content.slice(0, index)).map((part) => sseEvent(part)),
      sseEvent({ type: 'error', errorText: agentFaults.overloaded.message }),
      sseEvent({ type: 'finish-step' }),
      sseEvent({ type: 'finish', finishReason: 'error' }),
      sseEvent('[DONE]'),
    ],
  };
}

function spoken(kind: 'text' | 'reasoning', id: string, chunks: readonly string[]): Part[] {
  if (chunks.length === 0) return [];
  return [
    { type: `${kind}-start`, id },
    ...chunks.map((delta) => ({ type: `${kind}-delta`, delta, id })),
    { type: `${kind}-end`, id },
  ];
}

function toolInput({ id, name, arguments: args, fragments }: CompleteToolCall): Part[] {
  return [
    { type: 'tool-input-start', toolCallId: id, toolName: name },
    ...fragments.map((inputTextDelta) => ({
      type: 'tool-input-delta',
      toolCallId: id,
      inputTextDelta,
    })),
    { type: 'tool-input-available', toolCallId: id, toolName: name, input: parsed(args) },
  ];
}

/** What ends the part that is open. */
function closing(sent: readonly Part[]): Part[] {
  const last = sent.findLast(({ type }) => /^(text|reasoning)-(start|end)$/.test(type));
  if (last?.id === undefined || last.type.endsWith('-end')) return [];
  return [{ type: last.type.replace('-start', '-end'), id: last.id }];
}

/** Arguments that are broken on purpose come as the text that they are. */
function parsed(args: string): unknown {
  try {
    return JSON.parse(args);
  } catch {
    return args;
  }
}
