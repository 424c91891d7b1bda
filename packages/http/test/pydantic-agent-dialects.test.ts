import {
  DeserializationError,
  InvalidRequestError,
  ServerError,
  StreamIncompleteError,
} from '@linkspan/core';
import { PydanticAgentClient } from '@linkspan/http/pydantic';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { agUiEvents, startAgentServer, uiParts } from './agent-server.ts';
import { sendJson, startServer } from './loopback-server.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const anyId = expect.stringMatching(UUID);

describe("PydanticAgentClient({ dialect: 'vercel' })", () => {
  it('E1 E36 streams a run as the parts of a UI message', async () => {
    const server = await startAgentServer(() => uiParts('Hello'));
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'vercel' });

    let text = '';
    const stream = await agents.runStream('Hi');
    for await (const part of stream) if (part.type === 'text-delta') text += part.delta;

    expect(text).toBe('Hello');
    expect(await stream.outcome).toMatchObject({ status: 'complete', terminator: '[DONE]' });
    expect(server.asked).toEqual([
      {
        path: '/api/chat',
        body: {
          trigger: 'submit-message',
          id: anyId,
          messages: [{ id: anyId, role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
        },
      },
    ]);
    expect(server.seen[0]?.headers.accept).toBe('text/event-stream');
  });

  it('E1 runs an agent by reading its stream to the end', async () => {
    const server = await startAgentServer(() => uiParts('Hello'));
    await using agents = new PydanticAgentClient({
      baseUrl: server.url,
      dialect: 'vercel',
      agentId: 'echo',
      paths: { stream: '/chat' },
    });
    const earlier = { id: 'u0', role: 'user', parts: [{ type: 'text', text: 'Before' }] };

    const run = await agents.run<string>({
      prompt: 'Hi',
      messageHistory: [earlier],
      modelSettings: { temperature: 0 },
      threadId: 'chat-1',
      messageId: 'u1',
      body: { model: 'small', trigger: 'regenerate-message' },
    });

    const asked = { id: 'u1', role: 'user', parts: [{ type: 'text', text: 'Hi' }] };
    expect(server.asked).toEqual([
      {
        path: '/chat?agent_id=echo',
        body: {
          trigger: 'regenerate-message',
          id: 'chat-1',
          messages: [earlier, asked],
          modelSettings: { temperature: 0 },
          model: 'small',
        },
      },
    ]);
    expect(run).toEqual({
      result: 'Hello',
      messages: [
        earlier,
        asked,
        { id: 'assistant-1', role: 'assistant', parts: [{ type: 'text', text: 'Hello' }] },
      ],
      usage: { inputTokens: 3, outputTokens: 4 },
      finishReason: 'stop',
    });
  });

  it('keeps the name of the prompt in the messages that it gives back', async () => {
    const server = await startAgentServer(() => uiParts('Hello'));
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'vercel' });

    const { messages } = await agents.run('Hi');

    expect(server.asked[0]?.body['messages']).toEqual([messages[0]]);
  });

  it('fails when the agent reports an error, though the stream goes on to its end', async () => {
    const [finish] = uiParts('Hel').slice(-2);
    const server = await startAgentServer(() => [
      ...uiParts('Hel').slice(0, 4),
      { type: 'error', errorText: 'boom' },
      { type: 'finish-step' },
      finish,
      '[DONE]',
    ]);
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'vercel' });

    await expect(agents.run('Hi')).rejects.toThrow(ServerError);
    expect(await agents.safe.run('Hi')).toMatchObject({ ok: false, error: { status: 500 } });
  });

  it('fails when the stream is cut, or its run is cancelled', async () => {
    const parts = [uiParts('Hel').slice(0, 5), [...uiParts('Hel').slice(0, 5), { type: 'abort' }]];
    const server = await startAgentServer(() => parts.shift() ?? []);
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'vercel' });

    await expect(agents.run('Hi')).rejects.toBeInstanceOf(StreamIncompleteError);
    await expect(agents.run('Hi')).rejects.toMatchObject({ code: 'aborted' });
  });

  it('checks the text by a schema', async () => {
    const server = await startAgentServer(() => uiParts('Hello'));
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'vercel' });

    const { result } = await agents.run('Hi', { output: z.string().min(1) });

    expect(result).toBe('Hello');
    await expect(agents.run('Hi', { output: z.string().max(1) })).rejects.toBeInstanceOf(
      DeserializationError,
    );
  });

  it('tells an input that the agent does not accept', async () => {
    const server = await startServer((_request, response) =>
      sendJson(response, [{ type: 'missing', loc: ['messages'], msg: 'Field required' }], 422),
    );
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'vercel' });

    await expect(agents.runStream('Hi')).rejects.toBeInstanceOf(InvalidRequestError);
  });
});

describe("PydanticAgentClient({ dialect: 'ag-ui' })", () => {
  it('E1 E36 streams a run as the events of AG-UI', async () => {
    const server = await startAgentServer(({ body }) => agUiEvents(body, 'Hello'));
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'ag-ui' });

    let text = '';
    const stream = await agents.runStream('Hi');
    for await (const event of stream)
      if (event.type === 'TEXT_MESSAGE_CONTENT') text += event.delta;

    expect(text).toBe('Hello');
    expect(await stream.outcome).toMatchObject({
      status: 'complete',
      terminator: 'RUN_FINISHED',
    });
    expect(server.asked).toEqual([
      {
        path: '/',
        body: {
          threadId: anyId,
          runId: anyId,
          state: {},
          messages: [{ id: anyId, role: 'user', content: 'Hi' }],
          tools: [],
          context: [],
          forwardedProps: {},
        },
      },
    ]);
  });

  it('E1 runs an agent by reading its stream to the end', async () => {
    const server = await startAgentServer(({ body }) => agUiEvents(body, 'Hello'));
    await using agents = new PydanticAgentClient({
      baseUrl: server.url,
      dialect: 'ag-ui',
      paths: { run: '/agent' },
    });
    const earlier = { id: 'u0', role: 'user', content: 'Before' };

    const run = await agents.run({
      prompt: 'Hi',
      messageHistory: [earlier],
      modelSettings: { temperature: 0 },
      threadId: 'thread-1',
      messageId: 'u1',
      body: { state: { count: 1 } },
    });

    const asked = { id: 'u1', role: 'user', content: 'Hi' };
    expect(server.asked[0]).toEqual({
      path: '/agent',
      body: {
        threadId: 'thread-1',
        runId: anyId,
        state: { count: 1 },
        messages: [earlier, asked],
        tools: [],
        context: [],
        forwardedProps: { modelSettings: { temperature: 0 } },
      },
    });
    expect(run).toEqual({
      result: 'Hello',
      messages: [earlier, asked, { id: 'assistant-1', role: 'assistant', content: 'Hello' }],
      usage: undefined,
      finishReason: 'RUN_FINISHED',
    });
  });

  it('gives what the run gives back, where it gives something', async () => {
    const server = await startAgentServer(({ body }) => [
      ...agUiEvents(body, 'Hello').slice(0, -1),
      { type: 'RUN_FINISHED', runId: body['runId'], result: { said: 'Hello' } },
    ]);
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'ag-ui' });

    const { result } = await agents.run('Hi', { output: z.object({ said: z.string() }) });

    expect(result).toEqual({ said: 'Hello' });
  });

  it('tells that a run waits for an answer', async () => {
    const interrupts = [{ id: 'i1', reason: 'approval' }];
    const server = await startAgentServer(({ body }) => [
      ...agUiEvents(body, 'May I?').slice(0, -1),
      { type: 'RUN_FINISHED', runId: body['runId'], outcome: { type: 'interrupt', interrupts } },
    ]);
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'ag-ui' });

    expect(await agents.run('Hi')).toMatchObject({ result: 'May I?', finishReason: 'interrupt' });
    const { finished } = await agents.runStream('Hi').result();
    expect(finished?.outcome).toEqual({ type: 'interrupt', interrupts });
  });

  it('reads past the earlier runs of a thread that a server repeats', async () => {
    const server = await startAgentServer(({ body }) => [
      ...agUiEvents({ ...body, runId: 'earlier' }, 'Before'),
      ...agUiEvents(body, 'Hello'),
    ]);
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'ag-ui' });

    expect((await agents.run('Hi')).result).toBe('Hello');
  });

  it('fails when the run fails, by its code', async () => {
    const server = await startAgentServer(({ body }) => [
      ...agUiEvents(body, 'Hel').slice(0, 3),
      { type: 'RUN_ERROR', message: 'slow down', code: 'rate_limit_exceeded' },
    ]);
    await using agents = new PydanticAgentClient({ baseUrl: server.url, dialect: 'ag-ui' });

    await expect(agents.run('Hi')).rejects.toMatchObject({ name: 'RateLimitError', status: 429 });
  });
});
