import {
  type CallOptions,
  type HttpClient,
  type HttpRequestInit,
  openaiChat,
  ProtocolError,
} from 'linkspan';
import type { ChatRow } from '../input/row.ts';
import type { AnswerContent } from '../output/answer.ts';
import { modelAnswer, receiveStream } from './model-answer.ts';
import { idempotencyKey, type RowCall } from './row-call.ts';

/** What is read of an answer that comes at once. */
interface Completion {
  readonly choices?: readonly {
    readonly message?: {
      readonly content?: string | null;
      readonly tool_calls?: readonly { readonly id?: string; readonly function?: ToolFunction }[];
    };
    readonly finish_reason?: string;
  }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number };
}

interface ToolFunction {
  readonly name?: string;
  readonly arguments?: string;
}

/**
 * Gets the answer to a row from an OpenAI-compatible endpoint: as a stream, so that a dead upstream
 * is noticed early, unless the row itself says `"stream": false`.
 */
export async function deliverChat(
  row: ChatRow,
  client: HttpClient,
  call: RowCall,
  mayRepeat: boolean,
): Promise<AnswerContent> {
  const streaming = row.body['stream'] !== false;
  const init: HttpRequestInit = {
    path: '/chat/completions',
    json: streaming
      ? { stream_options: { include_usage: true }, ...row.body, stream: true }
      : row.body,
    ...(mayRepeat && { idempotencyKey: idempotencyKey(row) }),
  };
  return await call.exchange(mayRepeat, (options) =>
    streaming
      ? receiveStream(client, init, openaiChat, options, call)
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
  const { choices, usage } = await response.json<Completion>();
  const choice = choices?.[0];
  if (choice === undefined) throw noChoice();
  if (usage !== undefined) {
    const { prompt_tokens: inputTokens = 0, completion_tokens: outputTokens = 0 } = usage;
    call.note({ usage: { inputTokens, outputTokens } });
  }
  const toolCalls = choice.message?.tool_calls?.map(({ id = '', function: called }) => ({
    id,
    name: called?.name ?? '',
    arguments: called?.arguments ?? '',
  }));
  return modelAnswer(choice.message?.content ?? '', toolCalls ?? [], choice.finish_reason);
}

/** Some servers report an error with status 200. */
function noChoice(): ProtocolError {
  const message = 'Cannot read the answer: expected a completion with a choice, found none';
  return new ProtocolError(message, { code: 'no_choice', phase: 'body', sent: 'yes' });
}
