import { type Answer, jsonAnswer, sseEvent } from '../answer.ts';
import { fieldsOf } from '../json-body.ts';
import type { CompleteReply, CompleteToolCall } from '../model/complete-reply.ts';
import { Timeline } from '../timeline.ts';
import type { UpstreamContext, UpstreamRequest } from '../upstream.ts';
import { anthropicErrorBody, anthropicFaults, anthropicHeaders } from './anthropic-errors.ts';

/** One event of the stream; its name is its type. */
type MessageEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

/** A block of a message: whole, as it begins, and the deltas between. */
interface Block {
  readonly whole: object;
  readonly begun: object;
  readonly deltas: readonly object[];
}

const stopReasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};

/**
 * A message, as a stream where the request says so.
 * See https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export function answerMessage(
  { body }: UpstreamRequest,
  reply: CompleteReply,
  { mint, clock }: UpstreamContext,
): Answer {
  const { model, stream } = fieldsOf(body);
  const blocks = blocksOf(reply);
  const stop_reason = stopReasons[reply.finishReason] ?? reply.finishReason;
  const usage = usageOf(reply);
  const message = {
    id: mint.id('msg_01', 22),
    type: 'message',
    role: 'assistant',
    model: String(model),
    content: blocks.map(({ whole }) => whole),
    stop_reason,
    stop_sequence: null,
    usage,
  };
  const headers = anthropicHeaders(mint);
  if (stream !== true) return jsonAnswer(200, message, headers, reply.pace.firstEventMs);
  const begun = {
    ...message,
    content: [],
    stop_reason: null,
    usage: { ...usage, output_tokens: 1 },
  };
  const content: MessageEvent[] = [
    { type: 'message_start', message: begun },
    ...blocks.flatMap((block, index) => blockEvents(block, index)),
  ];
  // Where the protocol allows it at any time, Anthropic sends one behind the first block's start.
  content.splice(2, 0, { type: 'ping' });
  const ending: MessageEvent[] = [
    { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage },
    { type: 'message_stop' },
  ];
  return {
    kind: 'stream',
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      ...headers,
    },
    timeline: new Timeline([...content, ...ending].map(written), reply.pace, clock),
    ending: ending.length,
    failure: () => [sseEvent(anthropicErrorBody(anthropicFaults.overloaded), 'error')],
  };
}

function written(event: MessageEvent): string {
  return sseEvent(event, event.type);
}

function blockEvents({ begun, deltas }: Block, index: number): MessageEvent[] {
  return [
    { type: 'content_block_start', index, content_block: begun },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

function blocksOf({ text, chunks, reasoning, reasoningChunks, toolCalls }: CompleteReply): Block[] {
  const thinking: Block = {
    whole: { type: 'thinking', thinking: reasoning, signature: SIGNATURE },
    begun: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...reasoningChunks.map((piece) => ({ type: 'thinking_delta', thinking: piece })),
      { type: 'signature_delta', signature: SIGNATURE },
    ],
  };
  const said: Block = {
    whole: { type: 'text', text, citations: null },
    begun: { type: 'text', text: '' },
    deltas: chunks.map((piece) => ({ type: 'text_delta', text: piece })),
  };
  return [
    ...(reasoning === '' ? [] : [thinking]),
    ...(text === '' && toolCalls.length > 0 ? [] : [said]),
    ...toolCalls.map(toolUse),
  ];
}

const SIGNATURE = 'bW9jayBzaWduYXR1cmU=';

function toolUse({ id, name, arguments: args, fragments }: CompleteToolCall): Block {
  return {
    whole: { type: 'tool_use', id, name, input: parsed(args) },
    begun: { type: 'tool_use', id, name, input: {} },
    deltas: ['', ...fragments].map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
  };
}

/** What cannot be parsed can only be streamed: an answer that comes at once has no input then. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function usageOf({ usage }: CompleteReply): Readonly<Record<string, unknown>> {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cachedInputTokens,
    output_tokens: usage.outputTokens,
    service_tier: 'standard',
  };
}
