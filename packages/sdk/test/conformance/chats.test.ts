import { onError, onRequest, onResponse, retry } from '@linkspan/core';
import { anthropicTransport } from '@linkspan/sdk/anthropic';
import { openaiTransport } from '@linkspan/sdk/openai';
import { conformance } from '@linkspan/testkit/vitest';
import { chatFixture } from './chat-fixture.ts';
import { anthropicFrames, openaiFrames } from './provider-frames.ts';

const middleware = [
  retry({ maxRetries: 1, baseDelayMs: 1 }),
  onRequest(() => {}),
  onResponse(() => {}),
  onError(() => {}),
];

const openai = {
  frames: openaiFrames,
  transport: (baseUrl: string) => openaiTransport({ baseUrl, apiKey: 'key' }),
};
const anthropic = {
  frames: anthropicFrames,
  transport: (baseUrl: string) => anthropicTransport({ baseUrl, apiKey: 'key' }),
};

conformance(chatFixture({ name: 'sdk:openai, chats', ...openai }), { concurrent: true });
conformance(chatFixture({ name: 'sdk:openai, chats behind layers', ...openai, middleware }), {
  concurrent: true,
});
conformance(chatFixture({ name: 'sdk:anthropic, chats', ...anthropic }), { concurrent: true });
conformance(chatFixture({ name: 'sdk:anthropic, chats behind layers', ...anthropic, middleware }), {
  concurrent: true,
});
