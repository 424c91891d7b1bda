import type { EventStreamPromise } from '@linkspan/core';
import {
  type AnthropicSdk,
  type ChatEvent,
  type ChatMessage,
  type ChatRequest,
  type ChatResponse,
  createSdkClient,
  type FinishReason,
  type OpenAISdk,
  type ProviderOptions,
  type OpenAITransportOptions,
} from '@linkspan/sdk';
import type { AnthropicTransportOptions } from '@linkspan/sdk/anthropic';
import type { Anthropic } from '@anthropic-ai/sdk';
import type { OpenAI } from 'openai';
import { expectTypeOf, test } from 'vitest';

const options = { apiKey: 'k', baseUrl: 'http://127.0.0.1:9', env: {} };
const hello = { messages: [{ role: 'user', content: 'Hello' }] } as const;

test('the SDK that is handed out has the type of the official one', () => {
  const openai = createSdkClient({ provider: 'openai', ...options });
  const anthropic = createSdkClient({ provider: 'anthropic', ...options });

  expectTypeOf(openai.native()).resolves.toEqualTypeOf<OpenAI>();
  expectTypeOf(anthropic.native()).resolves.toEqualTypeOf<Anthropic>();
  expectTypeOf<OpenAISdk>().toEqualTypeOf<OpenAI>();
  expectTypeOf<AnthropicSdk>().toEqualTypeOf<Anthropic>();
});

test('calls give answers and events', () => {
  const client = createSdkClient({ provider: 'openai', ...options, model: 'm' });

  expectTypeOf(client.chat(hello)).resolves.toEqualTypeOf<ChatResponse>();
  expectTypeOf(client.stream(hello)).toEqualTypeOf<EventStreamPromise<ChatEvent, ChatResponse>>();
});

test('an exhaustive switch over events and reasons compiles', () => {
  const nameOf = (event: ChatEvent): string => {
    switch (event.type) {
      case 'text':
      case 'reasoning':
      case 'refusal':
        return event.text;
      case 'tool-call':
        return event.arguments;
      case 'usage':
        return String(event.usage.totalTokens);
      case 'finish':
        return event.finishReason;
    }
  };
  expectTypeOf(nameOf).returns.toBeString();
  expectTypeOf<FinishReason>().toEqualTypeOf<
    'stop' | 'length' | 'tool-calls' | 'content-filter' | 'refusal' | 'pause' | 'other'
  >();
});

test("options of a provider are known by the provider's own types", () => {
  const request: ChatRequest = {
    model: 'm',
    ...hello,
    providerOptions: {
      openai: { logit_bias: { 50_256: -100 }, service_tier: 'flex', top_k: 5 },
      anthropic: { thinking: { type: 'enabled', budget_tokens: 1024 } },
      acme: { anything: true },
    },
  };
  expectTypeOf(request).not.toBeAny();

  // @ts-expect-error -- no such tier
  expectTypeOf({ service_tier: 'slow' } as const).toExtend<ProviderOptions['openai']>();
});

test('what is wrong does not compile', () => {
  // @ts-expect-error -- no such provider
  createSdkClient({ provider: 'acme', ...options });
  // @ts-expect-error -- an option of another provider
  createSdkClient({ provider: 'anthropic', ...options, organization: 'o' });
  // @ts-expect-error -- what the system says is not a turn of the conversation
  const message: ChatMessage = { role: 'system', content: 'Be kind' };
  expectTypeOf(message).not.toBeAny();

  expectTypeOf<OpenAITransportOptions>().not.toBeAny();
  expectTypeOf<AnthropicTransportOptions>().not.toBeAny();
});
