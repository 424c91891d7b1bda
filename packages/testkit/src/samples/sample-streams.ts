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
import type { StreamSample } from './stream-sample.ts';

/** The protocols that there are samples of, in the names of their dialects. */
export type SampleName =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'gemini'
  | 'cohere-chat'
  | 'vercel-ui'
  | 'ag-ui'
  | 'a2a'
  | 'mcp'
  | 'synapse'
  | 'sse'
  | 'ndjson';

/**
 * One good, small stream of each protocol that Linkspan has a dialect for, written from its
 * specification: what faults are made from, and what a test of an application can send. Where the
 * protocol carries text, all of them say `Grüße, 世界 🌍.`.
 */
export const sampleStreams: Readonly<Record<SampleName, StreamSample>> = {
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
    events: ['id: 1\ndata: Grüße, \n\n', 'id: 2\ndata: 世界 \n\n', 'id: 3\ndata: 🌍.\n\n'],
    terminal: 0,
    noProgress: ': keep-alive\n\n',
  },
  ndjson: {
    contentType: 'application/x-ndjson',
    events: ['{"text":"Grüße, "}\n', '{"text":"世界 🌍."}\n'],
    terminal: 0,
    malformed: '{"text":\n',
  },
};
