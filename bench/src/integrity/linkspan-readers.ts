import type { Dialect } from '@linkspan/core';
import {
  a2a,
  agUi,
  anthropicMessages,
  cohereChat,
  createNdjson,
  gemini,
  mcp2025,
  mcp2026,
  openaiChat,
  openaiResponses,
  rawSse,
  synapse,
  vercelUi,
} from '@linkspan/dialects';
import { createHttpClient } from '@linkspan/http';
import type { SampleName } from '@linkspan/testkit';
import { CLOCK_MS, PROMPT, type StreamReader } from './reader.ts';

const client = createHttpClient({
  retry: false,
  idleMs: CLOCK_MS,
  firstEventMs: CLOCK_MS,
  eventIdleMs: CLOCK_MS,
});

/** What an event or a result adds to the text that the user has. */
type TextOf<Value> = (value: Value) => string;

function reader<Event, Result>(
  protocol: SampleName,
  dialect: Dialect<Event, Result>,
  text: { readonly ofEvent?: TextOf<Event>; readonly ofResult?: TextOf<Result> },
  body: unknown = { prompt: PROMPT },
): StreamReader {
  return {
    name: `Linkspan, ${dialect.name}`,
    protocol,
    async read(url) {
      const stream = await client.stream({ method: 'POST', url, json: body }, { dialect });
      let events = '';
      for await (const event of stream) events += text.ofEvent?.(event) ?? '';
      return text.ofResult === undefined ? events : text.ofResult(await stream.result());
    },
  };
}

const ofResult = ({ text }: { readonly text: string }): string => text;
const rpc = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'answer' } };

/** Linkspan with each of its dialects. */
export const linkspanReaders: readonly StreamReader[] = [
  reader('openai-chat', openaiChat, { ofResult }),
  reader('openai-responses', openaiResponses, { ofResult }),
  reader('anthropic-messages', anthropicMessages, { ofResult }),
  reader('gemini', gemini, { ofResult }),
  reader('cohere-chat', cohereChat, { ofResult }),
  reader('vercel-ui', vercelUi, { ofResult }),
  reader('ag-ui', agUi, { ofResult }),
  reader('a2a', a2a, { ofResult }, { ...rpc, method: 'SendStreamingMessage' }),
  reader('mcp', mcp2025, { ofResult }, rpc),
  reader('mcp', mcp2026, { ofResult }, rpc),
  reader('synapse', synapse, { ofResult }),
  reader('sse', rawSse, { ofEvent: ({ data }) => data }),
  reader('ndjson', createNdjson<{ readonly text: string }>(), { ofEvent: ({ text }) => text }),
];
