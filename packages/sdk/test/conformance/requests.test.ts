import { onError, onRequest, onResponse, retry } from '@linkspan/core';
import { anthropicTransport } from '@linkspan/sdk/anthropic';
import { openaiTransport } from '@linkspan/sdk/openai';
import { httpFixture, withMiddleware } from '@linkspan/testkit';
import { conformance } from '@linkspan/testkit/vitest';
import { plainTransport } from './plain-transport.ts';

const layers = [
  retry({ maxRetries: 1, baseDelayMs: 1 }),
  onRequest(() => {}),
  onResponse(() => {}),
  onError(() => {}),
];

// Requests of a method and a path go through the SDKs as they are: here all scenes are the wire's.
conformance(
  httpFixture({
    name: 'sdk:openai, requests',
    transport: (baseUrl) => plainTransport(openaiTransport({ baseUrl, apiKey: 'key' })),
  }),
  { concurrent: true },
);
conformance(
  httpFixture({
    name: 'sdk:anthropic, requests behind layers',
    framing: 'content-length',
    transport: (baseUrl) =>
      withMiddleware(plainTransport(anthropicTransport({ baseUrl, apiKey: 'key' })), layers),
  }),
  { concurrent: true },
);
