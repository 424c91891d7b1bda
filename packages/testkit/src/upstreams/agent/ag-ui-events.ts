import { sseEvent, type StreamAnswer } from '../answer.ts';
import { fieldsOf, textOf } from '../json-body.ts';
import type { CompleteReply, CompleteToolCall } from '../model/complete-reply.ts';
import { Timeline } from '../timeline.ts';
import type { UpstreamContext, UpstreamRequest } from '../upstream.ts';
import { AGENT_HEADERS, agentFaults } from './agent-errors.ts';

type AgUiEvent = { readonly type: string; readonly messageId?: string } & Readonly<
  Record<string, unknown>
>;

/**
 * A run as pydantic-ai's AG-UI adapter streams it. Where it fails, it closes the message that is
 * open, and ends with `RUN_ERROR`. See https://docs.ag-ui.com/concepts/events
 */
export function agUiRun(
  { body }: UpstreamRequest,
  reply: CompleteReply,
  { mint, clock }: UpstreamContext,
): StreamAnswer {
  const fields = fieldsOf(body);
  const run = { threadId: textOf(fields['threadId']), runId: textOf(fields['runId']) };
  const at = { timestamp: mint.unixMs() };
  const messageId = mint.uuid();
  const content: AgUiEvent[] = [
    { type: 'RUN_STARTED', ...at, ...run },
    ...reasoningEvents(mint.uuid(), reply.reasoningChunks),
    ...textEvents(messageId, reply.chunks),
    ...reply.toolCalls.flatMap((call) => toolEvents(call, messageId)),
  ];
  const ending = [sseEvent({ type: 'RUN_FINISHED', ...at, ...run, outcome: { type: 'success' } })];
  return {
    kind: 'stream',
    headers: { ...AGENT_HEADERS, 'content-type': 'text/event-stream; charset=utf-8' },
    timeline: new Timeline(
      [...content.map((event) => sseEvent(event)), ...ending],
      reply.pace,
      clock,
    ),
    ending: ending.length,
    failure: (index) => [
      ...closing(content.slice(0, index)).map((event) => sseEvent(event)),
      sseEvent({ type: 'RUN_ERROR', ...at, message: agentFaults.overloaded.message }),
    ],
  };
}

function textEvents(messageId: string, chunks: readonly string[]): AgUiEvent[] {
  if (chunks.length === 0) return [];
  return [
    { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' },
    ...chunks.map((delta) => ({ type: 'TEXT_MESSAGE_CONTENT', messageId, delta })),
    { type: 'TEXT_MESSAGE_END', messageId },
  ];
}

function reasoningEvents(messageId: string, chunks: readonly string[]): AgUiEvent[] {
  if (chunks.length === 0) return [];
  return [
    { type: 'REASONING_START', messageId },
    { type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning' },
    ...chunks.map((delta) => ({ type: 'REASONING_MESSAGE_CONTENT', messageId, delta })),
    { type: 'REASONING_MESSAGE_END', messageId },
    { type: 'REASONING_END', messageId },
  ];
}

function toolEvents(
  { id: toolCallId, name, fragments }: CompleteToolCall,
  parentMessageId: string,
): AgUiEvent[] {
  return [
    { type: 'TOOL_CALL_START', toolCallId, toolCallName: name, parentMessageId },
    ...fragments.map((delta) => ({ type: 'TOOL_CALL_ARGS', toolCallId, delta })),
    { type: 'TOOL_CALL_END', toolCallId },
  ];
}

/** What ends the message that is open. */
function closing(sent: readonly AgUiEvent[]): AgUiEvent[] {
  const last = sent.findLast(({ type }) => /^TEXT_MESSAGE_(START|END)$/.test(type));
  if (last?.messageId === undefined || last.type === 'TEXT_MESSAGE_END') return [];
  return [{ type: 'TEXT_MESSAGE_END', messageId: last.messageId }];
}
