import type { Dialect, FrameDecoder, StreamHead, TransportRequest } from '@linkspan/core';
import {
  a2a,
  agUi,
  anthropicMessages,
  cohereChat,
  createNdjsonDecoder,
  createSseDecoder,
  gemini,
  mcp2025,
  mcp2026,
  ndjson,
  openaiChat,
  openaiResponses,
  rawSse,
  type SseEvent,
  synapse,
  vercelUi,
} from '@linkspan/dialects';
import { type SampleName, sampleStreams } from '@linkspan/testkit';
import { createParser } from 'eventsource-parser';
import { referenceSse } from '../framing/reference-sse.ts';

const utf8 = new TextEncoder();

/** Something that turns bytes into values, and what it may be compared with. */
export interface FuzzTarget {
  readonly name: string;
  /** A good stream, to be broken. */
  readonly stream: Uint8Array;
  /** Makes a decoder for one input; `read` tells what a frame comes to. */
  open(): { readonly decoder: FrameDecoder<unknown>; read(frame: unknown): unknown };
  /** What other decoders make of the same bytes, each beside what it should be by ours. */
  compare?(bytes: Uint8Array, values: readonly unknown[]): readonly Comparison[];
}

interface Comparison {
  readonly ours: unknown;
  readonly theirs: unknown;
}

const bytesOf = (name: SampleName): Uint8Array => utf8.encode(sampleStreams[name].events.join(''));

const asItIs = (frame: unknown): unknown => frame;

/** Without a fatal flag and with the byte order mark kept: the parser takes off the one that counts. */
const text = new TextDecoder('utf-8', { ignoreBOM: true });

function compareEvents(bytes: Uint8Array, values: readonly unknown[]): readonly Comparison[] {
  const written = text.decode(bytes);
  const events: unknown[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => events.push({ type: event ?? 'message', data }),
  });
  parser.feed(written);
  return [
    { ours: values, theirs: referenceSse(written).events },
    // It tells only the ids that stand in the event itself.
    {
      ours: (values as readonly SseEvent[]).map(({ type, data }) => ({ type, data })),
      theirs: events,
    },
  ];
}

function compareLines(bytes: Uint8Array, values: readonly unknown[]): readonly Comparison[] {
  const lines = text
    .decode(bytes)
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .filter((line) => line.trim() !== '');
  return [{ ours: values, theirs: lines.map((line) => JSON.parse(line) as unknown) }];
}

/** The bare decoders: each frame is what is looked at. */
const decoders: readonly FuzzTarget[] = [
  {
    name: 'createSseDecoder()',
    stream: bytesOf('sse'),
    open: () => ({ decoder: createSseDecoder(), read: asItIs }),
    compare: compareEvents,
  },
  {
    name: 'createSseDecoder() with narrow limits',
    stream: bytesOf('openai-responses'),
    open: () => ({
      decoder: createSseDecoder({ maxLineBytes: 64, maxEventBytes: 96, dispatchIncomplete: true }),
      read: asItIs,
    }),
  },
  {
    name: 'createNdjsonDecoder()',
    stream: bytesOf('ndjson'),
    open: () => ({ decoder: createNdjsonDecoder(), read: asItIs }),
    compare: compareLines,
  },
  {
    name: 'createNdjsonDecoder() with narrow limits',
    stream: bytesOf('ndjson'),
    open: () => ({
      decoder: createNdjsonDecoder({ maxLineBytes: 64 }),
      read: asItIs,
    }),
  },
  {
    name: 'the decoder of synapse with narrow limits',
    stream: bytesOf('synapse'),
    open: () => ({
      decoder: synapse.decode({ maxLineBytes: 64, maxEventBytes: 96 }),
      read: asItIs,
    }),
  },
];

/** The dialects: each frame is read, and the readings are what is looked at. */
const dialects: readonly (readonly [Dialect<unknown, unknown>, SampleName])[] = [
  [rawSse, 'sse'],
  [ndjson, 'ndjson'],
  [openaiChat, 'openai-chat'],
  [openaiResponses, 'openai-responses'],
  [anthropicMessages, 'anthropic-messages'],
  [gemini, 'gemini'],
  [cohereChat, 'cohere-chat'],
  [vercelUi, 'vercel-ui'],
  [agUi, 'ag-ui'],
  [a2a, 'a2a'],
  [mcp2025, 'mcp'],
  [mcp2026, 'mcp'],
  [synapse, 'synapse'],
].map(([dialect, sample]) => [dialect as Dialect<unknown, unknown>, sample as SampleName] as const);

/** The request that the samples answer. */
const request: TransportRequest = {
  operation: 'POST',
  target: '/',
  payload: { kind: 'value', value: { jsonrpc: '2.0', id: 1, method: 'tools/call' } },
};

function openDialect(dialect: Dialect<unknown, unknown>, sample: SampleName) {
  const { contentType } = sampleStreams[sample];
  const head: StreamHead = { status: 200, contentType, headers: {}, secrets: [], request };
  const decoder = dialect.decode({}, head);
  const reader = dialect.read(head);
  let isOver = false;
  return {
    decoder,
    read(frame: unknown): unknown {
      // Nobody reads on behind the end of a stream.
      if (isOver) return 'over';
      const { event, error, terminal } = reader.read(frame);
      isOver = terminal === 'ends' || (error !== undefined && terminal !== 'may-end');
      return [event, error?.name, error?.code, terminal, JSON.stringify(reader.partial)];
    },
  };
}

/** Everything that decodes. */
export const fuzzTargets: readonly FuzzTarget[] = [
  ...decoders,
  ...dialects.map(([dialect, sample]) => ({
    name: dialect === mcp2026 ? 'mcp2026' : `${dialect.name} dialect`,
    stream: bytesOf(sample),
    open: () => openDialect(dialect, sample),
  })),
];
