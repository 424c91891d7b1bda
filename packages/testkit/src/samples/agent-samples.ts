import { dataEvent, type StreamSample } from './stream-sample.ts';

/** A run of an agent, in the message stream of Vercel's AI SDK. */
export const vercelUiSample: StreamSample = {
  contentType: 'text/event-stream',
  events: [
    dataEvent({ type: 'start', messageId: 'm1' }),
    dataEvent({ type: 'start-step' }),
    dataEvent({ type: 'text-start', id: 't1' }),
    dataEvent({ type: 'text-delta', id: 't1', delta: 'Grüße, ' }),
    dataEvent({ type: 'text-delta', id: 't1', delta: '世界 🌍.' }),
    dataEvent({ type: 'text-end', id: 't1' }),
    dataEvent({ type: 'finish-step' }),
    dataEvent({ type: 'finish', finishReason: 'stop' }),
    dataEvent('[DONE]'),
  ],
  terminal: 2,
  error: dataEvent({ type: 'error', errorText: 'The model is overloaded' }),
  noProgress: ': keep-alive\n\n',
  malformed: 'data: {"type":"text-del\n\n',
};

/** A run of an agent, in the events of AG-UI. */
export const agUiSample: StreamSample = {
  contentType: 'text/event-stream',
  events: [
    dataEvent({ type: 'RUN_STARTED', threadId: 'th1', runId: 'run1' }),
    dataEvent({ type: 'TEXT_MESSAGE_START', messageId: 'm1', role: 'assistant' }),
    dataEvent({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm1', delta: 'Grüße, ' }),
    dataEvent({ type: 'TEXT_MESSAGE_CONTENT', messageId: 'm1', delta: '世界 🌍.' }),
    dataEvent({ type: 'TEXT_MESSAGE_END', messageId: 'm1' }),
    dataEvent({ type: 'RUN_FINISHED', threadId: 'th1', runId: 'run1' }),
  ],
  terminal: 1,
  error: dataEvent({ type: 'RUN_ERROR', message: 'The model is overloaded', code: 'overloaded' }),
  noProgress: ': ping - 2026-11-01 12:00:00\n\n',
  malformed: 'data: {"type":"TEXT_MESS\n\n',
};

const rpc = (result: object): string => dataEvent({ jsonrpc: '2.0', id: 1, result });

/** A task of A2A 1.0 over JSON-RPC; the id of the request is 1. */
export const a2aSample: StreamSample = {
  contentType: 'text/event-stream',
  events: [
    rpc({ task: { id: 'task1', contextId: 'c1', status: { state: 'TASK_STATE_WORKING' } } }),
    rpc({
      artifactUpdate: {
        taskId: 'task1',
        contextId: 'c1',
        artifact: { artifactId: 'a1', parts: [{ text: 'Grüße, ' }] },
      },
    }),
    rpc({
      artifactUpdate: {
        taskId: 'task1',
        contextId: 'c1',
        artifact: { artifactId: 'a1', parts: [{ text: '世界 🌍.' }] },
        append: true,
        lastChunk: true,
      },
    }),
    rpc({
      statusUpdate: {
        taskId: 'task1',
        contextId: 'c1',
        status: { state: 'TASK_STATE_COMPLETED' },
      },
    }),
  ],
  terminal: 1,
  error: dataEvent({ jsonrpc: '2.0', id: 1, error: { code: -32_603, message: 'Internal error' } }),
  noProgress: ': keep-alive\n\n',
  malformed: 'data: {"jsonrpc":"2.0","id":1,"res\n\n',
};

/** A call of a tool over MCP's Streamable HTTP; the id of the request is 1. */
export const mcpSample: StreamSample = {
  contentType: 'text/event-stream',
  events: [
    'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1,"total":2}}\n\n',
    'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"Grüße, 世界 🌍."}}\n\n',
    'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Grüße, 世界 🌍."}]}}\n\n',
  ],
  terminal: 1,
  error:
    'event: message\ndata: {"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"Internal error"}}\n\n',
  noProgress: ': keep-alive\n\n',
};

/** What Synapse's wrapper of a pydantic-ai agent streams. */
export const synapseSample: StreamSample = {
  contentType: 'text/event-stream',
  events: [dataEvent('Grüße, '), dataEvent('世界 🌍.'), dataEvent('[DONE]')],
  terminal: 1,
  error: 'error: The model is overloaded\n\n',
  noProgress: ': keep-alive\n\n',
};
