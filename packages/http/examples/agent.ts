// Runs an agent and streams its answer, against a server made here.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PydanticAgentClient } from '@linkspan/http/pydantic';

const server = createServer((request, response) => {
  if (request.url?.startsWith('/run?') === true) {
    response.end(JSON.stringify({ result: 'A bridge', messages: [], usage: { total_tokens: 7 } }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end('data: A hinged \n\ndata: bridge\n\ndata: [DONE]\n\n');
});
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const agents = new PydanticAgentClient({ baseUrl, agentId: 'researcher' });

const { result } = await agents.run('What is a linkspan?');
assert.equal(result, 'A bridge');

let text = '';
for await (const piece of agents.runStream('Tell me more')) text += piece;
assert.equal(text, 'A hinged bridge');

await agents.close();
server.close();
