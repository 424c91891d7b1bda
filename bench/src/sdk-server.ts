// The peer of sdk-fetch, in a process of its own: OpenAI's chat completions and Anthropic's messages,
// whole or as streams. The query says how: ?events=N&everyMs=M, or ?idle for one event and then
// silence. Answers have as many headers as those of the providers.
import { createServer, type Server, type ServerResponse } from 'node:http';

interface Provider {
  readonly whole: object;
  readonly first: string;
  readonly event: string;
  readonly last: string;
}

const named = (event: string, data: object): string =>
  `event: ${event}\ndata: ${JSON.stringify({ type: event, ...data })}\n\n`;
const text = 'twenty characters...';
const usage = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 };
const chunk = (delta: object, finish_reason: string | null = null): string => {
  const choices = [{ index: 0, delta, finish_reason }];
  const facts = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_790_000_000 };
  return `data: ${JSON.stringify({ ...facts, model: 'bench', choices })}\n\n`;
};
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'bench' };

const openai: Provider = {
  whole: {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: 'bench',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage,
  },
  first: chunk({ role: 'assistant', content: '' }),
  event: chunk({ content: text }),
  last: `${chunk({}, 'stop')}data: [DONE]\n\n`,
};

const anthropic: Provider = {
  whole: { ...message, content: [{ type: 'text', text }], stop_reason: 'end_turn', usage },
  first: named('message_start', { message: { ...message, content: [], usage } }),
  event: named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
  last: named('message_stop', {}),
};

const headers = Object.fromEntries(
  Array.from({ length: 10 }, (_, index) => [`x-provider-header-${index}`, `some value ${index}`]),
);

// On a busy machine a contender may wait for its next round longer than a server keeps connections.
createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const provider = url.pathname.endsWith('/messages') ? anthropic : openai;
  request.resume().on('end', () => {
    if (url.searchParams.has('events')) stream(url, provider, response);
    else if (url.searchParams.has('idle')) head(response).write(provider.first);
    else answer(provider, response);
  });
})
  .on('connection', (socket) => socket.setNoDelay(true))
  .listen(0, '127.0.0.1', function (this: Server) {
    const address = this.address();
    process.send?.(typeof address === 'object' ? address?.port : 0);
  });
process.on('disconnect', () => process.exit());

function answer(provider: Provider, response: ServerResponse): void {
  const body = JSON.stringify(provider.whole);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-request-id': 'req_1',
    ...headers,
  });
  response.end(body);
}

function head(response: ServerResponse): ServerResponse {
  return response.writeHead(200, {
    'content-type': 'text/event-stream',
    'x-request-id': 'req_1',
    ...headers,
  });
}

function stream(url: URL, provider: Provider, response: ServerResponse): void {
  let left = Number(url.searchParams.get('events'));
  const everyMs = Number(url.searchParams.get('everyMs'));
  head(response).write(provider.first);
  const timer = setInterval(() => {
    left -= 1;
    if (left >= 0) {
      response.write(provider.event);
      return;
    }
    clearInterval(timer);
    response.end(provider.last);
  }, everyMs);
  response.on('close', () => clearInterval(timer));
}
