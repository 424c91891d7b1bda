// The peer of the benchmarks, in a process of its own so that its CPU time does not count.
// GET and POST /json answer a small JSON document; /sse?events=N&size=B&everyMs=M streams chat
// chunks, all at once or paced; /idle sends one event and then nothing.
import { createServer, type Server, type ServerResponse } from 'node:http';

const answer = Buffer.from(
  JSON.stringify({ id: 42, name: 'a small answer', tags: ['a', 'b', 'c'], ok: true, score: 0.5 }),
);

createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  request.resume().on('end', () => {
    if (url.pathname === '/sse') stream(url, response);
    else if (url.pathname === '/idle') sseHead(response).write(chunk('x'));
    else {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': answer.length,
      });
      response.end(answer);
    }
  });
})
  .on('connection', (socket) => socket.setNoDelay(true))
  .listen(0, '127.0.0.1', function (this: Server) {
    const address = this.address();
    process.send?.(typeof address === 'object' ? address?.port : 0);
  });
process.on('disconnect', () => process.exit());

function sseHead(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream' });
}

function chunk(content: string): string {
  const data = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'bench',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  };
  return `data: ${JSON.stringify(data)}\n\n`;
}

const last =
  'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"bench","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

function stream(url: URL, response: ServerResponse): void {
  const events = Number(url.searchParams.get('events'));
  const everyMs = Number(url.searchParams.get('everyMs'));
  const event = chunk('x'.repeat(Number(url.searchParams.get('size') ?? 20)));
  sseHead(response);
  if (everyMs === 0) {
    response.end(event.repeat(events) + last);
    return;
  }
  let left = events;
  const timer = setInterval(() => {
    response.write(event);
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    response.end(last);
  }, everyMs);
  response.on('close', () => clearInterval(timer));
}
