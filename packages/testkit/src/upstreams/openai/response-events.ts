import { fieldsOf, type Fields } from '../json-body.ts';
import type { CompleteReply, CompleteToolCall } from '../model/complete-reply.ts';
import type { UpstreamContext } from '../upstream.ts';
import { openaiFaults } from './openai-errors.ts';

/** One event of a response, before it is written. */
export type ResponseEvent = Fields & { readonly type: string; readonly sequence_number: number };

/** A response as OpenAI keeps it, and the events in which it comes about. */
export interface PlannedResponse {
  readonly id: string;
  /** What `GET /responses/{id}` gives, by how far the work is. */
  readonly snapshot: (status: string) => object;
  readonly events: readonly ResponseEvent[];
  /** How many events at the end say that it is over. */
  readonly ending: number;
  /** The events by which it fails, in the place of the one with a sequence number. */
  readonly failure: (sequenceNumber: number) => readonly ResponseEvent[];
}

interface Item {
  readonly whole: Fields;
  readonly events: readonly object[];
}

/**
 * Plans a response: the events of its stream with their sequence numbers, and what it is at last.
 * See https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function planResponse(
  body: Fields,
  reply: CompleteReply,
  { mint }: UpstreamContext,
): PlannedResponse {
  const id = mint.id('resp_', 48);
  const createdAt = mint.unixSeconds();
  const items = [
    ...(reply.reasoning === '' ? [] : [reasoningItem(mint.id('rs_', 48), reply)]),
    ...(reply.text === '' && reply.toolCalls.length > 0
      ? []
      : [messageItem(mint.id('msg_', 48), reply)]),
    ...reply.toolCalls.map((call) => callItem(mint.id('fc_', 48), call)),
  ];
  const whole = statusOf(reply.finishReason);
  const snapshot = (status: string): object => {
    const isOver = status === whole;
    return {
      ...responseFacts(id, createdAt, body),
      status,
      error: status === 'failed' ? { code: 'server_error', message: FAILURE } : null,
      incomplete_details: status === 'incomplete' ? { reason: reasonOf(reply.finishReason) } : null,
      output: isOver ? items.map((item) => item.whole) : [],
      usage: isOver ? usageOf(reply) : null,
      ...(isOver && { completed_at: createdAt }),
    };
  };
  const lifecycle = (word: string, status: string): object => ({
    type: `response.${word}`,
    response: snapshot(status),
  });
  const content = items.flatMap(({ whole: item, events }, index) => [
    { type: 'response.output_item.added', output_index: index, item: begun(item) },
    ...events.map((event) => ({ ...event, output_index: index, item_id: item['id'] })),
    { type: 'response.output_item.done', output_index: index, item },
  ]);
  const first = body['background'] === true ? [lifecycle('queued', 'queued')] : [];
  return {
    id,
    snapshot,
    events: numbered([
      lifecycle('created', body['background'] === true ? 'queued' : 'in_progress'),
      ...first,
      lifecycle('in_progress', 'in_progress'),
      ...content,
      lifecycle(whole, whole),
    ]),
    ending: 1,
    failure: (sequenceNumber) =>
      numbered(
        [
          { type: 'error', code: 'server_error', message: FAILURE, param: null },
          lifecycle('failed', 'failed'),
        ],
        sequenceNumber,
      ),
  };
}

const FAILURE = openaiFaults['server-error'].message;

function numbered(events: readonly object[], from = 0): ResponseEvent[] {
  return events.map(
    (event, index) => ({ ...event, sequence_number: from + index }) as unknown as ResponseEvent,
  );
}

function messageItem(id: string, { text, chunks, finishReason }: CompleteReply): Item {
  const at = { content_index: 0 };
  return {
    whole: {
      id,
      type: 'message',
      role: 'assistant',
      status: statusOf(finishReason),
      content: [textPart(text)],
    },
    events: [
      { type: 'response.content_part.added', ...at, part: textPart('') },
      ...chunks.map((delta) => ({
        type: 'response.output_text.delta',
        ...at,
        delta,
        logprobs: [],
      })),
      { type: 'response.output_text.done', ...at, text, logprobs: [] },
      { type: 'response.content_part.done', ...at, part: textPart(text) },
    ],
  };
}

function reasoningItem(id: string, { reasoning, reasoningChunks }: CompleteReply): Item {
  const at = { summary_index: 0 };
  return {
    whole: { id, type: 'reasoning', summary: [summaryPart(reasoning)] },
    events: [
      { type: 'response.reasoning_summary_part.added', ...at, part: summaryPart('') },
      ...reasoningChunks.map((delta) => ({
        type: 'response.reasoning_summary_text.delta',
        ...at,
        delta,
      })),
      { type: 'response.reasoning_summary_text.done', ...at, text: reasoning },
      { type: 'response.reasoning_summary_part.done', ...at, part: summaryPart(reasoning) },
    ],
  };
}

function textPart(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function summaryPart(text: string): object {
  return { type: 'summary_text', text };
}

function callItem(id: string, call: CompleteToolCall): Item {
  return {
    whole: {
      id,
      type: 'function_call',
      call_id: call.id,
      name: call.name,
      arguments: call.arguments,
      status: 'completed',
    },
    events: [
      ...call.fragments.map((delta) => ({ type: 'response.function_call_arguments.delta', delta })),
      {
        type: 'response.function_call_arguments.done',
        name: call.name,
        arguments: call.arguments,
      },
    ],
  };
}

/** An item as it is when it is added: nothing in it yet. */
function begun(item: Fields): Fields {
  switch (item['type']) {
    case 'message':
      return { ...item, status: 'in_progress', content: [] };
    case 'function_call':
      return { ...item, status: 'in_progress', arguments: '' };
    default:
      return { ...item, summary: [] };
  }
}

function statusOf(finishReason: string): 'completed' | 'incomplete' {
  return finishReason === 'stop' || finishReason === 'tool_calls' ? 'completed' : 'incomplete';
}

function reasonOf(finishReason: string): string {
  return finishReason === 'length' ? 'max_output_tokens' : finishReason;
}

function responseFacts(id: string, createdAt: number, body: Fields): object {
  const tools = body['tools'];
  return {
    id,
    object: 'response',
    created_at: createdAt,
    background: body['background'] === true,
    instructions: body['instructions'] ?? null,
    max_output_tokens: body['max_output_tokens'] ?? null,
    metadata: fieldsOf(body['metadata']),
    model: String(body['model']),
    parallel_tool_calls: true,
    previous_response_id: body['previous_response_id'] ?? null,
    store: body['store'] !== false,
    temperature: body['temperature'] ?? 1,
    text: body['text'] ?? { format: { type: 'text' } },
    tool_choice: body['tool_choice'] ?? 'auto',
    tools: Array.isArray(tools) ? tools : [],
    top_p: body['top_p'] ?? 1,
    truncation: 'disabled',
  };
}

function usageOf({ usage }: CompleteReply): object {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens, cache_write_tokens: 0 },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
