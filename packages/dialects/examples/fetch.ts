// Streams from anywhere: the answer of a server, read through fetch, in the dialect of OpenAI.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeStream, openaiChat } from '@linkspan/dialects';

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const content of ['Hel', 'lo']) {
    response.write(`data: {"choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`);
  }
  response.write('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n');
  response.end('data: [DONE]\n\n');
});
server.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const { port } = server.address() as AddressInfo;

const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`);
const stream = decodeStream(response.body, openaiChat, response);
for await (const chunk of stream) console.log(chunk.choices[0]?.delta?.content ?? '');

const { status, terminator } = await stream.outcome;
assert.deepEqual({ status, terminator }, { status: 'complete', terminator: '[DONE]' });
assert.equal((await stream.result()).text, 'Hello');
server.closeAllConnections();
server.close();
