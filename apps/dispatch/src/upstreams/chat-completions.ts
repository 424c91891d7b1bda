import { setTimeout as delay } from 'node:timers/promises';
import { composeAnswer, countTokens, splitTokens } from './prose.ts';
import { seededRandom } from './random.ts';
import { type PlannedStream, sendStream, sendValue, stumbleAtHead } from './stumble.ts';
import type { Stumble } from './stumbles.ts';
import { errorBody, type Exchange, sendJson } from './upstream.ts';

interface ChatBody {
  readonly model?: string;
  readonly messages?: readonly { readonly role: string; readonly content?: unknown }[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly max_completion_tokens?: number;
  readonly tools?: readonly { readonly function?: { readonly name?: string } }[];
}

interface Completion {
  readonly id: string;
  readonly model: string;
  readonly content: string | null;
  readonly toolCall:
    | { readonly id: string; readonly name: string; readonly args: string }
    | undefined;
  readonly finishReason: 'stop' | 'length' | 'tool_calls';
  readonly usage: Readonly<Record<'prompt_tokens' | 'completion_tokens' | 'total_tokens', number>>;
}

/** An OpenAI-compatible `POST /v1/chat/completions`, as a stream or as one answer. */
export async function answerChatCompletions(
  exchange: Exchange,
  stumble: Stumble | undefined,
): Promise<void> {
  const { url, response } = exchange;
  const body = (exchange.body ?? {}) as ChatBody;
  if (url.pathname !== '/v1/chat/completions') {
    return sendJson(response, 404, errorBody(`No route ${url.pathname}`, 'invalid_request_error'));
  }
  const { model = '', messages = [], max_completion_tokens: limit = Infinity } = body;
  const question = textOf(messages.at(-1)?.content);
  const random = seededRandom(question);
  if (model.startsWith('unknown')) {
    const message = `The model ${model} does not exist`;
    return sendJson(response, 404, errorBody(message, 'invalid_request_error', 'model_not_found'));
  }
  if (limit < 1) {
    const message = `max_completion_tokens: expected 1 or more, found ${limit}`;
    return sendJson(response, 400, errorBody(message, 'invalid_request_error'));
  }
  if (stumbleAtHead(response, stumble)) return;

  const completion = complete(body, question, limit);
  if (body.stream === true) {
    const withUsage = body.stream_options?.include_usage === true;
    const timing = { firstFrameMs: 30 + random() * 90, frameMs: 1 + random() * 4 };
    return await sendStream(response, { ...planStream(completion, withUsage), ...timing }, stumble);
  }
  await delay(60 + random() * 150);
  sendValue(response, wholeAnswer(completion), stumble);
}

/** Content is text, or a list of parts. */
function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
}

function complete(body: ChatBody, question: string, limit: number): Completion {
  const prompt = (body.messages ?? []).map(({ content }) => textOf(content)).join(' ');
  const tool = body.tools?.[0]?.function?.name;
  const tokens = tool === undefined ? splitTokens(composeAnswer(question)) : [];
  const args = JSON.stringify({ question, urgent: question.length % 2 === 0 });
  const content = tool === undefined ? tokens.slice(0, limit).join('') : null;
  const inputs = countTokens(prompt);
  const outputs = countTokens(content ?? args);
  return {
    id: `chatcmpl-${Math.floor(seededRandom(prompt)() * 1e9).toString(36)}`,
    model: body.model ?? '',
    content,
    toolCall: tool === undefined ? undefined : { id: 'call_1', name: tool, args },
    finishReason: tool === undefined ? (tokens.length > limit ? 'length' : 'stop') : 'tool_calls',
    usage: {
      prompt_tokens: inputs,
      completion_tokens: outputs,
      total_tokens: inputs + outputs,
    },
  };
}

function wholeAnswer({ id, model, content, toolCall, finishReason, usage }: Completion): object {
  const call = toolCall && {
    id: toolCall.id,
    type: 'function',
    function: { name: toolCall.name, arguments: toolCall.args },
  };
  const message = { role: 'assistant', content, ...(call && { tool_calls: [call] }) };
  const choices = [{ index: 0, message, finish_reason: finishReason }];
  return { id, object: 'chat.completion', created: 0, model, choices, usage };
}

function planStream(
  { id, model, content, toolCall, finishReason, usage }: Completion,
  withUsage: boolean,
): Omit<PlannedStream, 'firstFrameMs' | 'frameMs'> {
  const chunk = (choices: unknown[], more: object = {}): string =>
    frame({ id, object: 'chat.completion.chunk', created: 0, model, choices, ...more });
  const delta = (value: object, reason: string | null = null): string =>
    chunk([{ index: 0, delta: value, finish_reason: reason }]);
  const pieces = splitTokens(content ?? '').map((piece) => delta({ content: piece }));
  if (toolCall !== undefined) {
    const { id: callId, name, args } = toolCall;
    const begin = { index: 0, id: callId, type: 'function', function: { name, arguments: '' } };
    pieces.push(delta({ tool_calls: [begin] }));
    for (const piece of args.match(/.{1,9}/gs) ?? []) {
      pieces.push(delta({ tool_calls: [{ index: 0, function: { arguments: piece } }] }));
    }
  }
  return {
    contentType: 'text/event-stream; charset=utf-8',
    frames: [delta({ role: 'assistant', content: '' }), ...pieces],
    ending: [delta({}, finishReason), ...(withUsage ? [chunk([], { usage })] : []), DONE],
    errorFrame: frame(errorBody('The engine is overloaded', 'overloaded_error')),
  };
}

const DONE = 'data: [DONE]\n\n';

function frame(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
