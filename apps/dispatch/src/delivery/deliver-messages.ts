import {
  anthropicMessages,
  type CallOptions,
  type HttpClient,
  type HttpRequestInit,
  ProtocolError,
} from 'linkspan';
import type { MessagesRow } from '../input/row.ts';
import type { AnswerContent } from '../output/answer.ts';
import { modelAnswer, receiveStream } from './model-answer.ts';
import { idempotencyKey, type RowCall } from './row-call.ts';

/** What is read of an answer that comes at once. */
interface Message {
  readonly content?: readonly {
    readonly type?: string;
    readonly text?: string;
    readonly id?: string;
    readonly name?: string;
    readonly input?: unknown;
  }[];
  readonly stop_reason?: string;
  readonly usage?: { readonly input_tokens?: number; readonly output_tokens?: number };
}

/** The version of the protocol that the requests are written in. */
const VERSION = '2023-06-01';

/**
 * Gets the answer to a row from an Anthropic-compatible endpoint: as a stream, so that a dead
 * upstream is noticed early, unless the row itself says `"stream": false`.
 */
export async function deliverMessages(
  row: MessagesRow,
  client: HttpClient,
  call: RowCall,
  mayRepeat: boolean,
): Promise<AnswerContent> {
  const streaming = row.body['stream'] !== false;
  const init: HttpRequestInit = {
    path: '/v1/messages',
    headers: { 'anthropic-version': VERSION },
    json: streaming ? { ...row.body, stream: true } : row.body,
    ...(mayRepeat && { idempotencyKey: idempotencyKey(row) }),
  };
  return await call.exchange(mayRepeat, (options) =>
    streaming
      ? receiveStream(client, init, anthropicMessages, options, call)
      : receiveWhole(client, init, options, call),
  );
}

async function receiveWhole(
  client: HttpClient,
  init: HttpRequestInit,
  options: CallOptions,
  call: RowCall,
): Promise<AnswerContent> {
  const response = await client.request(init, options);
  const { content, stop_reason: stopReason, usage } = await response.json<Message>();
  if (!Array.isArray(content)) throw noMessage();
  if (usage !== undefined) {
    const { input_tokens: inputTokens = 0, output_tokens: outputTokens = 0 } = usage;
    call.note({ usage: { inputTokens, outputTokens } });
  }
  const blocks: NonNullable<Message['content']> = content;
  const toolCalls = blocks
    .filter(({ type }) => type === 'tool_use')
    .map(({ id = '', name = '', input }) => ({ id, name, arguments: JSON.stringify(input) }));
  const text = blocks.map((block) => (block.type === 'text' ? (block.text ?? '') : '')).join('');
  return modelAnswer(text, toolCalls, stopReason);
}

function noMessage(): ProtocolError {
  const message = 'Cannot read the answer: expected a message with "content", found none';
  return new ProtocolError(message, { code: 'no_message', phase: 'body', sent: 'yes' });
}
