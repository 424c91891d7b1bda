import { taskGroup } from '@linkspan/concurrency';
import {
  ConfigurationError,
  DeserializationError,
  InvalidRequestError,
  NotFoundError,
  ServerError,
  StreamIncompleteError,
} from '@linkspan/core';
import { PydanticAgentClient } from '@linkspan/http/pydantic';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type LoopbackServer, sendJson, startServer } from './loopback-server.ts';

/** A server in the manner of the Synapse wrapper. */
async function startAgents(): Promise<LoopbackServer> {
  return await startServer((request, response) => {
    const url = new URL(request.url, 'http://h');
    const agent = url.searchParams.get('agent_id');
    const input = JSON.parse(request.body.toString() || '{}') as { prompt?: string };
    if (agent !== 'echo') return sendJson(response, { error: `Agent ${agent} not found` }, 404);
    if (input.prompt === undefined) return sendJson(response, { detail: 'prompt' }, 422);
    if (url.pathname === '/run') {
      return sendJson(response, {
        result: { said: input.prompt },
        messages: [{ kind: 'request' }, { kind: 'response' }],
        usage: { input_tokens: 3, output_tokens: 4 },
      });
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    if (input.prompt === 'cut') return response.end('data: Hel\n\n');
    if (input.prompt === 'fail')
      return response.end('data: Hel\n\nerror: boom\n\ndata: [DONE]\n\n');
    return response.end('data: Hel\n\ndata: lo\n\ndata: [DONE]\n\n');
  });
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const piece of stream) text += String(piece);
  return text;
}

describe('PydanticAgentClient', () => {
  it('E1 E36 runs an agent', async () => {
    const server = await startAgents();
    await using agents = new PydanticAgentClient({ baseUrl: server.url, agentId: 'echo' });

    const run = await agents.run<{ said: string }>({
      prompt: 'hi',
      messageHistory: [{ kind: 'request' }],
      modelSettings: { temperature: 0 },
    });

    expect(run).toEqual({
      result: { said: 'hi' },
      messages: [{ kind: 'request' }, { kind: 'response' }],
      usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
    });
    expect(server.seen[0]).toMatchObject({ method: 'POST', url: '/run?agent_id=echo' });
    expect(JSON.parse(server.seen[0]!.body.toString())).toEqual({
      prompt: 'hi',
      message_history: [{ kind: 'request' }],
      model_settings: { temperature: 0 },
    });
  });

  it('checks the result by a schema', async () => {
    const server = await startAgents();
    await using agents = new PydanticAgentClient({ baseUrl: server.url, agentId: 'echo' });

    const { result } = await agents.run('hi', { output: z.object({ said: z.string() }) });

    expect(result.said).toBe('hi');
    await expect(
      agents.run('hi', { output: z.object({ said: z.number() }) }),
    ).rejects.toBeInstanceOf(DeserializationError);
  });

  it('E1 E36 streams a run', async () => {
    const server = await startAgents();
    await using agents = new PydanticAgentClient({ baseUrl: server.url });

    const stream = await agents.runStream('hi', { agentId: 'echo' });

    expect(await textOf(stream)).toBe('Hello');
    expect(await stream.outcome).toMatchObject({ status: 'complete', terminator: '[DONE]' });
    expect(server.seen[0]).toMatchObject({ url: '/run/stream?agent_id=echo' });
  });

  it('U19 fails when the agent reports an error before [DONE]', async () => {
    const server = await startAgents();
    await using agents = new PydanticAgentClient({ baseUrl: server.url, agentId: 'echo' });

    const stream = await agents.runStream('fail');

    await expect(textOf(stream)).rejects.toThrow(/boom/);
    expect((await stream.outcome).status).toBe('failed');
  });

  it('U18 fails when the stream is cut', async () => {
    const server = await startAgents();
    await using agents = new PydanticAgentClient({ baseUrl: server.url, agentId: 'echo' });

    await expect(textOf(agents.runStream('cut'))).rejects.toBeInstanceOf(StreamIncompleteError);
  });

  it('E26 ends a stream with the task group that owns it', async () => {
    const closed = Promise.withResolvers<void>();
    const server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: Hel\n\n');
      response.on('close', () => closed.resolve());
    });
    await using agents = new PydanticAgentClient({ baseUrl: server.url, agentId: 'echo' });
    let text = '';

    await taskGroup(async (group) => {
      await group.start(async ({ signal, started }) => {
        for await (const piece of agents.runStream('hi', { signal })) {
          text += piece;
          started();
        }
      });
      group.cancel();
    });
    await closed.promise;

    expect(text).toBe('Hel');
    expect(agents.inFlight()).toEqual([]);
  });

  it('E12 E13 E14 gives chunk, end and error messages', async () => {
    const server = await startAgents();
    await using agents = new PydanticAgentClient({ baseUrl: server.url, agentId: 'echo' });
    const typesOf = async (prompt: string): Promise<string> => {
      const types: string[] = [];
      for await (const message of agents.runStream(prompt).events()) types.push(message.type);
      return types.join(' ');
    };

    expect(await typesOf('hi')).toBe('chunk chunk end');
    expect(await typesOf('cut')).toBe('chunk error');
  });

  it('tells an unknown agent from a bad input', async () => {
    const server = await startAgents();
    await using agents = new PydanticAgentClient({ baseUrl: server.url, agentId: 'echo' });

    await expect(agents.run('hi', { agentId: 'none' })).rejects.toBeInstanceOf(NotFoundError);
    await expect(agents.runStream('hi', { agentId: 'none' })).rejects.toBeInstanceOf(NotFoundError);
    await expect(agents.run({} as never)).rejects.toBeInstanceOf(InvalidRequestError);
  });

  it('E5 E6 posts to any path', async () => {
    const server = await startAgents();
    await using agents = new PydanticAgentClient({ baseUrl: server.url });

    const response = await agents.post('/run?agent_id=echo', { prompt: 'hi' });
    const stream = agents.postStream(
      '/run/stream',
      { prompt: 'hi' },
      { params: { agent_id: 'echo' } },
    );

    expect(await response.json()).toMatchObject({ result: { said: 'hi' } });
    expect(await textOf(stream)).toBe('Hello');
  });

  it('E5 gives values instead of throws under safe', async () => {
    const server = await startAgents();
    await using agents = new PydanticAgentClient({ baseUrl: server.url, agentId: 'echo' });

    expect(await agents.safe.run('hi')).toMatchObject({
      ok: true,
      value: { result: { said: 'hi' } },
    });
    expect(await agents.safe.run('hi', { agentId: 'none' })).toMatchObject({
      ok: false,
      error: { kind: 'http', status: 404 },
    });
    const opened = await agents.safe.runStream('hi');
    expect(opened.ok && (await textOf(opened.value))).toBe('Hello');
    expect(await agents.safe.postStream('/none', {})).toMatchObject({ ok: false });
    expect(await agents.safe.post('/none', {})).toMatchObject({ ok: false });
  });

  it('reads NDJSON whose every line holds all of the answer', async () => {
    const server = await startServer((_request, response) =>
      response
        .writeHead(200, { 'content-type': 'text/plain' })
        .end('{"content":"Hel"}\n{"content":"Hello"}\n'),
    );
    await using agents = new PydanticAgentClient({
      baseUrl: server.url,
      dialect: 'ndjson',
      paths: { stream: '/chat' },
    });

    expect(await agents.runStream('hi').result()).toEqual({ content: 'Hello' });
    expect(server.seen[0]?.url).toBe('/chat');
  });

  it('fails when the answer is none of an agent', async () => {
    const server = await startServer((_request, response) => sendJson(response, { error: 'late' }));
    await using agents = new PydanticAgentClient({ baseUrl: server.url });

    await expect(agents.run('hi')).rejects.toBeInstanceOf(DeserializationError);
  });

  it('E8 E19 E20 retries what is safe to retry', async () => {
    let tries = 0;
    const server = await startServer((_request, response) => {
      tries += 1;
      if (tries <= 3) return response.writeHead(503, { 'retry-after': '0' }).end();
      return sendJson(response, { result: 1, messages: [] });
    });
    await using agents = new PydanticAgentClient({ baseUrl: server.url });
    await using never = new PydanticAgentClient({ baseUrl: server.url, retry: false });

    expect(await agents.run('hi')).toMatchObject({ result: 1, usage: undefined });
    expect(tries).toBe(4);
    tries = 0;
    await expect(never.run('hi')).rejects.toBeInstanceOf(ServerError);
    expect(tries).toBe(1);
  });

  it('E16 E17 E18 E19 E20 has the defaults of Synapse, and takes others', async () => {
    await using agents = new PydanticAgentClient({ env: {} });
    await using others = new PydanticAgentClient({
      connections: 1,
      env: { LINKSPAN_CONNECT_MS: '100', LINKSPAN_AGENT_ID: 'echo' },
    });

    expect(agents.http.explainConfig()).toMatchObject({
      baseUrl: { value: 'http://localhost:8000' },
      connections: { value: 50 },
      connectMs: { value: 5_000 },
      idleMs: { value: 30_000 },
      'retry.maxRetries': { value: 3 },
      'retry.baseDelayMs': { value: 1_000 },
    });
    expect(others.http.explainConfig()).toMatchObject({
      connections: { value: 1, origin: 'argument' },
      connectMs: { value: 100, origin: 'environment' },
      agentId: { value: 'echo', origin: 'environment' },
    });
  });

  it('E29 E31 tells the state of its connections and calls', async () => {
    const server = await startAgents();
    await using agents = new PydanticAgentClient({ baseUrl: server.url, agentId: 'echo' });
    await agents.connect();

    const run = agents.run('hi');
    const during = agents.inFlight();
    await run;

    expect(during).toMatchObject([
      { operation: 'POST', target: `${server.url}/run?agent_id=[redacted]` },
    ]);
    expect(agents.inFlight()).toEqual([]);
    expect(JSON.stringify(agents.stats())).toContain(server.url);
  });

  it('names the dialects that there are, and every other problem, at once', () => {
    const make = (): unknown =>
      new PydanticAgentClient({
        dialect: 'vercell',
        conections: 1,
        paths: { stram: '/' },
      } as never);

    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(/dialect: expected one of 'synapse', 'vercel', 'ag-ui', 'ndjson'/);
    expect(make).toThrow(/conections/);
    expect(make).toThrow(/stram/);
  });
});
