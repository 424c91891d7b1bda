import {
  a2aSample,
  agUiSample,
  mcpSample,
  synapseSample,
  vercelUiSample,
} from './agent-samples.ts';
import {
  anthropicMessagesSample,
  cohereChatSample,
  geminiSample,
  openaiChatSample,
  openaiResponsesSample,
} from './model-samples.ts';
import { dataEvent, type StreamSample } from './stream-sample.ts';

/**
 * One good, small stream of each protocol that Linkspan has a dialect for, written from its
 * specification: what faults are made from, and what a test of an application can send. Where the
 * protocol carries text, all of them say `Grüße, 世界 🌍.`.
 */
export const sampleStreams = {
  'openai-chat': openaiChatSample,
  'openai-responses': openaiResponsesSample,
  'anthropic-messages': anthropicMessagesSample,
  gemini: geminiSample,
  'cohere-chat': cohereChatSample,
  'vercel-ui': vercelUiSample,
  'ag-ui': agUiSample,
  a2a: a2aSample,
  mcp: mcpSample,
  synapse: synapseSample,
  sse: {
    contentType: 'text/event-stream',
    events: ['id: 1\n', 'id: 2\n', 'id: 3\n'].map(
      (id, index) => id + dataEvent(['Grüße, ', '世界 ', '🌍.'][index]),
    ),
    terminal: 0,
    noProgress: ': keep-alive\n\n',
  },
  ndjson: {
    contentType: 'application/x-ndjson',
    events: ['{"text":"Grüße, "}\n', '{"text":"世界 🌍."}\n'],
    terminal: 0,
    malformed: '{"text":\n',
  },
} as const satisfies Readonly<Record<string, StreamSample>>;
