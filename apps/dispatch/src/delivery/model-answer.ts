import type {
  CallOptions,
  ChatResult,
  Dialect,
  EventStream,
  HttpClient,
  HttpRequestInit,
} from 'linkspan';
import type { AnswerContent, AnswerToolCall } from '../output/answer.ts';
import type { RowCall } from './row-call.ts';

/** Sends a request whose answer is a stream, and gives the whole of it. */
export async function receiveStream<Event, Result extends ChatResult, Frame>(
  client: HttpClient,
  init: HttpRequestInit,
  dialect: Dialect<Event, Result, Frame>,
  options: CallOptions,
  call: RowCall,
): Promise<AnswerContent> {
  const stream: EventStream<Event, Result> = await client.stream(init, {
    ...options,
    ...call.eventClocks,
    dialect,
  });
  const { text, toolCalls, finishReason } = await stream.result();
  call.note(await stream.outcome);
  return modelAnswer(text, toolCalls, finishReason);
}

/** What a model said, as a line of the output tells it. */
export function modelAnswer(
  text: string,
  toolCalls: readonly AnswerToolCall[],
  finishReason: string | undefined,
): AnswerContent {
  return {
    text,
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(finishReason !== undefined && { finishReason }),
  };
}
