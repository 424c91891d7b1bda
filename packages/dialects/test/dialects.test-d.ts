import type { EventStream, Usage } from '@linkspan/core';
import {
  type ChatCompletionChunk,
  type ChatResult,
  createNdjson,
  decodeStream,
  ndjson,
  openaiChat,
  rawSse,
  type SseEvent,
  synapse,
} from '@linkspan/dialects';
import { expectTypeOf } from 'vitest';

const bytes = new Uint8Array();

const chat = decodeStream(bytes, openaiChat);
expectTypeOf(chat).toEqualTypeOf<EventStream<ChatCompletionChunk, ChatResult>>();
expectTypeOf(chat.result()).resolves.toEqualTypeOf<ChatResult>();
expectTypeOf<ChatResult['usage']>().toEqualTypeOf<Usage | undefined>();
for await (const chunk of chat) {
  expectTypeOf(chunk.choices[0]?.delta?.content).toEqualTypeOf<string | null | undefined>();
}

expectTypeOf(decodeStream(bytes, synapse)).toEqualTypeOf<EventStream<string, ChatResult>>();
expectTypeOf(decodeStream(bytes, rawSse)).toEqualTypeOf<EventStream<SseEvent>>();
expectTypeOf(decodeStream(bytes, ndjson)).toEqualTypeOf<EventStream<unknown, unknown>>();
expectTypeOf(decodeStream(bytes, createNdjson<{ text: string }>()).result()).resolves.toEqualTypeOf<
  { text: string } | undefined
>();

// @ts-expect-error a word that is not one of them
createNdjson({ cumulativ: true });
