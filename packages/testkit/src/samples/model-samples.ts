import { dataEvent, namedEvent, type StreamSample } from './stream-sample.ts';

const chatChunk = (delta: object, finishReason: string | null = null): string =>
  dataEvent({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'sample-1',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  });

/** A streamed chat completion of OpenAI. */
export const openaiChatSample: StreamSample = {
  contentType: 'text/event-stream',
  events: [
    chatChunk({ role: 'assistant', content: '' }),
    chatChunk({ content: 'Grüße, ' }),
    chatChunk({ content: '世界 🌍.' }),
    chatChunk({}, 'stop'),
    dataEvent('[DONE]'),
  ],
  // Either will do for a client that knows compatible servers.
  terminal: 2,
  error: dataEvent({
    error: { message: 'The engine is overloaded', type: 'server_error', code: 'overloaded' },
  }),
  noProgress: ': OPENROUTER PROCESSING\n\n',
  malformed: 'data: {"id":"chatcmpl-1","choices":[{"ind\n\n',
};

const responsesEvent = (sequence: number, type: string, facts: object): string =>
  namedEvent({ type, ...facts, sequence_number: sequence });

const response = (status: string): object => ({
  id: 'resp_1',
  object: 'response',
  status,
  model: 'sample-1',
  output: [],
  error: null,
  incomplete_details: null,
});

const textDelta = (sequence: number, delta: string): string =>
  responsesEvent(sequence, 'response.output_text.delta', {
    item_id: 'msg_1',
    output_index: 0,
    content_index: 0,
    delta,
  });

/** A streamed answer of OpenAI's Responses. */
export const openaiResponsesSample: StreamSample = {
  contentType: 'text/event-stream',
  events: [
    responsesEvent(0, 'response.created', { response: response('in_progress') }),
    responsesEvent(1, 'response.output_item.added', {
      output_index: 0,
      item: { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] },
    }),
    responsesEvent(2, 'response.content_part.added', {
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      part: { type: 'output_text', text: '', annotations: [] },
    }),
    textDelta(3, 'Grüße, '),
    textDelta(4, '世界 🌍.'),
    responsesEvent(5, 'response.completed', {
      response: {
        ...response('completed'),
        output: [
          {
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: 'Grüße, 世界 🌍.', annotations: [] }],
          },
        ],
        usage: { input_tokens: 9, output_tokens: 4, total_tokens: 13 },
      },
    }),
  ],
  terminal: 1,
  error: responsesEvent(5, 'error', {
    code: 'server_error',
    message: 'The engine is overloaded',
    param: null,
  }),
  noProgress: ': keep-alive\n\n',
  malformed: 'event: response.output_text.delta\ndata: {"type":"response.out\n\n',
};

/** A streamed message of Anthropic. */
export const anthropicMessagesSample: StreamSample = {
  contentType: 'text/event-stream',
  events: [
    namedEvent({
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'sample-1',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 9, output_tokens: 1 },
      },
    }),
    namedEvent({
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'text', text: '' },
    }),
    namedEvent({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: 'Grüße, ' },
    }),
    namedEvent({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: '世界 🌍.' },
    }),
    namedEvent({ type: 'content_block_stop', index: 0 }),
    namedEvent({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 4 },
    }),
    namedEvent({ type: 'message_stop' }),
  ],
  terminal: 1,
  error: namedEvent({
    type: 'error',
    error: { type: 'overloaded_error', message: 'Overloaded' },
  }),
  noProgress: namedEvent({ type: 'ping' }),
  malformed: 'event: content_block_delta\ndata: {"type":"content_blo\n\n',
};

const candidate = (text: string, rest: object = {}): string =>
  dataEvent({
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...rest }],
    modelVersion: 'sample-1',
    responseId: 'r1',
  });

/** A streamed answer of Gemini, with `alt=sse`. */
export const geminiSample: StreamSample = {
  contentType: 'text/event-stream',
  events: [candidate('Grüße, '), candidate('世界 🌍.'), candidate('', { finishReason: 'STOP' })],
  terminal: 1,
  mayGoOn: true,
  error: dataEvent({
    error: { code: 503, message: 'The model is overloaded', status: 'UNAVAILABLE' },
  }),
  noProgress: ': keep-alive\n\n',
  malformed: 'data: {"candidates":[{"con\n\n',
};

/** A streamed answer of Cohere's chat, version 2. */
export const cohereChatSample: StreamSample = {
  contentType: 'text/event-stream',
  events: [
    namedEvent({
      type: 'message-start',
      id: 'c1',
      delta: { message: { role: 'assistant', content: [], tool_calls: [] } },
    }),
    namedEvent({
      type: 'content-start',
      index: 0,
      delta: { message: { content: { type: 'text', text: '' } } },
    }),
    namedEvent({
      type: 'content-delta',
      index: 0,
      delta: { message: { content: { text: 'Grüße, ' } } },
    }),
    namedEvent({
      type: 'content-delta',
      index: 0,
      delta: { message: { content: { text: '世界 🌍.' } } },
    }),
    namedEvent({ type: 'content-end', index: 0 }),
    namedEvent({
      type: 'message-end',
      delta: {
        finish_reason: 'COMPLETE',
        usage: { tokens: { input_tokens: 9, output_tokens: 4 } },
      },
    }),
  ],
  terminal: 1,
  error: namedEvent({
    type: 'message-end',
    delta: { finish_reason: 'ERROR', error: 'The model failed' },
  }),
  noProgress: ': keep-alive\n\n',
  malformed: 'event: content-delta\ndata: {"type":"content-d\n\n',
};
