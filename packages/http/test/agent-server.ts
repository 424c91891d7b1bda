import type { ServerResponse } from 'node:http';
import { type LoopbackServer, startServer } from './loopback-server.ts';

/** What the server of agents was asked. */
export interface AskedAgent {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A server of agents, and what it was asked. */
export interface AgentServer extends LoopbackServer {
  readonly asked: AskedAgent[];
}

/** A server that answers each request with server-sent events: values as JSON, text as it is. */
export async function startAgentServer(
  answer: (asked: AskedAgent) => readonly unknown[],
): Promise<AgentServer> {
  const asked: AskedAgent[] = [];
  const server = await startServer((request, response) => {
    const seen = {
      path: request.url,
      body: JSON.parse(request.body.toString()) as Record<string, unknown>,
    };
    asked.push(seen);
    sendEvents(response, answer(seen));
  });
  return { ...server, asked };
}

function sendEvents(response: ServerResponse, events: readonly unknown[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (const event of events) {
    response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
  }
  response.end();
}

/** The parts of a UI message stream as pydantic-ai sends them. */
export function uiParts(text: string): unknown[] {
  return [
    { type: 'start', messageId: 'assistant-1' },
    { type: 'start-step' },
    { type: 'text-start', id: 't' },
    { type: 'text-delta', id: 't', delta: text },
    { type: 'text-end', id: 't' },
    { type: 'message-metadata', messageMetadata: { usage: { inputTokens: 3, outputTokens: 4 } } },
    { type: 'finish-step' },
    { type: 'finish', finishReason: 'stop' },
    '[DONE]',
  ];
}

/** The events of an AG-UI run as pydantic-ai sends them. */
export function agUiEvents(body: Readonly<Record<string, unknown>>, text: string): unknown[] {
  const run = { threadId: body['threadId'], runId: body['runId'] };
  return [
    { type: 'RUN_STARTED', ...run },
    { type: 'TEXT_MESSAGE_START', messageId: 'assistant-1', role: 'assistant' },
    { type: 'TEXT_MESSAGE_CONTENT', messageId: 'assistant-1', delta: text },
    { type: 'TEXT_MESSAGE_END', messageId: 'assistant-1' },
    { type: 'RUN_FINISHED', ...run, outcome: { type: 'success' } },
  ];
}
