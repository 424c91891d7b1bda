import type { EventStream } from '@linkspan/core';
import {
  type AnthropicEvent,
  type AnthropicResult,
  anthropicMessages,
  type ChatResult,
  type CohereEvent,
  cohereChat,
  decodeStream,
  gemini,
  type GeminiChunk,
  openaiResponses,
  type ResponsesEvent,
  type ResponsesItem,
  type ResponsesResult,
  type ToolCall,
} from '@linkspan/dialects';
import { expectTypeOf } from 'vitest';

const bytes = new Uint8Array();

const messages = decodeStream(bytes, anthropicMessages);
expectTypeOf(messages).toEqualTypeOf<EventStream<AnthropicEvent, AnthropicResult>>();
for await (const event of messages) {
  if (event.type === 'content_block_delta') {
    expectTypeOf(event.index).toBeNumber();
    if (event.delta.type === 'text_delta') expectTypeOf(event.delta.text).toBeString();
    if (event.delta.type === 'input_json_delta') {
      expectTypeOf(event.delta.partial_json).toBeString();
      // @ts-expect-error of another delta
      void event.delta.text;
    }
  }
  if (event.type === 'content_block_start' && event.content_block.type === 'tool_use') {
    expectTypeOf(event.content_block.name).toBeString();
  }
  if (event.type === 'message_delta') {
    expectTypeOf(event.delta.stop_reason).toEqualTypeOf<string | null>();
  }
  // @ts-expect-error no event has this type
  void (event.type === 'ping');
}
expectTypeOf<AnthropicResult>().toExtend<ChatResult>();
expectTypeOf<AnthropicResult['serverToolCalls']>().toEqualTypeOf<readonly ToolCall[]>();

const responses = decodeStream(bytes, openaiResponses);
expectTypeOf(responses).toEqualTypeOf<EventStream<ResponsesEvent, ResponsesResult>>();
for await (const event of responses) {
  switch (event.type) {
    case 'response.output_text.delta':
    case 'response.function_call_arguments.delta':
      expectTypeOf(event.delta).toBeString();
      break;
    case 'response.function_call_arguments.done':
      expectTypeOf(event.arguments).toBeString();
      break;
    case 'response.output_item.done':
      expectTypeOf(event.item).toEqualTypeOf<ResponsesItem>();
      break;
    case 'response.completed':
      expectTypeOf(event.response.id).toBeString();
      break;
    case 'response.web_search_call.searching':
      // @ts-expect-error it has no text
      void event.delta;
      break;
    default:
      expectTypeOf(event.type).toExtend<string>();
  }
}
expectTypeOf<ResponsesResult>().toExtend<ChatResult>();

const chunks = decodeStream(bytes, gemini);
expectTypeOf(chunks).toEqualTypeOf<EventStream<GeminiChunk, ChatResult>>();
for await (const chunk of chunks) {
  expectTypeOf(chunk.candidates?.[0]?.content?.parts?.[0]?.text).toEqualTypeOf<
    string | undefined
  >();
}

const chat = decodeStream(bytes, cohereChat);
expectTypeOf(chat).toEqualTypeOf<EventStream<CohereEvent, ChatResult>>();
for await (const event of chat) {
  if (event.type === 'content-delta') {
    expectTypeOf(event.delta.message.content.text).toEqualTypeOf<string | undefined>();
  }
  if (event.type === 'message-end') {
    expectTypeOf(event.delta.finish_reason).toEqualTypeOf<string | undefined>();
  }
}
