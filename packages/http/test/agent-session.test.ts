import { ServerError, StreamIncompleteError } from '@linkspan/core';
import { PydanticAgentClient } from '@linkspan/http/pydantic';
import { describe, expect, it } from 'vitest';
import { type LoopbackServer, sendJson, startServer } from './loopback-server.ts';

/** An agent that counts the messages it was given. */
async function startAgent(): Promise<LoopbackServer> {
  return await startServer((request, response) => {
    const input = JSON.parse(request.body.toString()) as {
      prompt: string;
      message_history?: unknown[];
    };
    const history = input.message_history ?? [];
    if (input.prompt === 'fail') return sendJson(response, { detail: 'no' }, 500);
    if (!request.url.startsWith('/run/stream')) {
      const messages = [...history, { said: input.prompt }, { answer: history.length }];
      return sendJson(response, { result: history.length, messages });
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (input.prompt === 'cut') return response.end('data: half\n\n');
    return response.end(`data: ${history.length}\n\ndata: [DONE]\n\n`);
  });
}

describe('AgentSession', () => {
  it('E32 keeps what was said, over runs and streams', async () => {
    const server = await startAgent();
    await using agents = new PydanticAgentClient({ baseUrl: server.url });
    const session = agents.session({ agentId: 'a' });

    const first = await session.run('one');
    const second = await session.runStream('two').result();
    const third = await session.run({ prompt: 'three' });

    expect([first.result, second.text, third.result]).toEqual([0, '2', 4]);
    expect(session.history).toHaveLength(6);
    expect(session.history.slice(2, 4)).toEqual([
      { kind: 'request', parts: [{ part_kind: 'user-prompt', content: 'two' }] },
      { kind: 'response', parts: [{ part_kind: 'text', content: '2' }] },
    ]);
    expect(server.seen.every((request) => request.url.endsWith('?agent_id=a'))).toBe(true);
  });

  it('knows what was said as soon as a stream is read', async () => {
    const server = await startAgent();
    await using agents = new PydanticAgentClient({ baseUrl: server.url });
    const [read, added] = [agents.session(), agents.session()];

    let text = '';
    for await (const piece of read.runStream('one')) text += piece;
    const afterLoop = read.history.length;
    await added.runStream('one').result();
    const afterResult = added.history.length;

    expect([text, afterLoop, afterResult]).toEqual(['0', 2, 2]);
  });

  it('takes turns that are asked for at the same time one after another', async () => {
    const server = await startAgent();
    await using agents = new PydanticAgentClient({ baseUrl: server.url });
    const session = agents.session();

    const [first, second, third] = await Promise.all([
      session.runStream('one').result(),
      session.run('two'),
      session.run('three'),
    ]);

    expect([first.text, second.result, third.result]).toEqual(['0', 2, 4]);
  });

  it('forgets a turn that failed, was cut or was left, and goes on', async () => {
    const server = await startAgent();
    await using agents = new PydanticAgentClient({ baseUrl: server.url, retry: false });
    const session = agents.session({ history: [{ earlier: true }] });

    await expect(session.run('fail')).rejects.toBeInstanceOf(ServerError);
    await expect(session.runStream('fail')).rejects.toBeInstanceOf(ServerError);
    await expect(session.runStream('cut').result()).rejects.toBeInstanceOf(StreamIncompleteError);
    for await (const piece of session.runStream('left')) if (piece !== '') break;

    expect(session.history).toEqual([{ earlier: true }]);
    expect(await session.run('next')).toMatchObject({ result: 1 });
  });
});
