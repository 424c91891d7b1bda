import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { type WebSocket, WebSocketServer } from 'ws';

/** The words that the example model says, one an event. */
const words = ['A ', 'bridge ', 'for ', 'every ', 'tide.'];

/**
 * The service that stands behind `https://api.example.com` when the code of the documents runs:
 * `GET /users/<id>`, `POST /v1/chat/completions` (streamed when asked, cut short for the model
 * `cut-short`), `GET /events` (seven of them, at most three a connection), `/status/<code>`, and an echo of whatever is sent to another path.
 * A WebSocket on `/feed` tells three departures and closes, on another path it is an echo.
 */
export function exampleUpstream(): Server {
  const sockets = new WebSocketServer({ noServer: true });
  return createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.destroy(error as Error);
    });
  }).on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (webSocket) => talk(webSocket, request.url));
  });
}

function talk(socket: WebSocket, path: string | undefined): void {
  if (path === '/feed') {
    for (const id of [1, 2, 3]) socket.send(JSON.stringify({ departure: id }));
    socket.close(1000, 'no more departures');
    return;
  }
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const [, room, name = ''] = path.split('/');
  if (room === 'users') return sendJson(response, 200, { id: Number(name), name: `User ${name}` });
  if (room === 'events') return streamEvents(response, request.headers['last-event-id']);
  if (room === 'status') return sendJson(response, Number(name), { error: { message: name } });
  if (path.endsWith('/chat/completions')) {
    const asked = (await json(request)) as { model: string; stream?: boolean };
    if (asked.stream === true) return streamChat(response, asked.model);
    return sendJson(response, 200, completion(asked.model));
  }
  response.writeHead(200, {
    'content-type': request.headers['content-type'] ?? 'application/octet-stream',
  });
  request.pipe(response);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

const usage = { prompt_tokens: 9, completion_tokens: words.length, total_tokens: 9 + words.length };

function completion(model: string): object {
  const message = { role: 'assistant', content: words.join('') };
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model,
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  };
}

function streamEvents(response: ServerResponse, lastEventId: string | string[] = '0'): void {
  const first = Number(lastEventId) + 1;
  if (first > 7) {
    response.writeHead(204).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let id = first; id < first + 3 && id <= 7; id += 1) {
    response.write(`id: ${id}\ndata: departure ${id}\n\n`);
  }
  response.end();
}

function streamChat(response: ServerResponse, model: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta: object, finish: string | null): void => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', model, choices };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  for (const word of words) send({ content: word }, null);
  if (model === 'cut-short') {
    response.end();
    return;
  }
  send({}, 'stop');
  const last = { id: 'chatcmpl-1', object: 'chat.completion.chunk', model, choices: [], usage };
  response.write(`data: ${JSON.stringify(last)}\n\n`);
  response.end('data: [DONE]\n\n');
}
