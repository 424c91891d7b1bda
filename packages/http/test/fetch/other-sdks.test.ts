import { HttpAgent } from '@ag-ui/client';
import Anthropic from '@anthropic-ai/sdk';
import { ConnectionResetError } from '@linkspan/core';
import { createFetch } from '@linkspan/http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai';
import { describe, expect, it, vi } from 'vitest';
import { rejection } from '../transport-call.ts';
import { causesOf, type Scene, startScene } from './sdk-scene.ts';

const messages = [{ role: 'user' as const, content: 'Hello' }];

function anthropicOf({ upstreams, fetch }: Scene): Anthropic {
  return new Anthropic({
    apiKey: 'none',
    baseURL: upstreams.anthropic.baseUrl,
    maxRetries: 0,
    fetch,
  });
}

describe('@anthropic-ai/sdk over createFetch()', () => {
  const message = { model: 'sample-1', max_tokens: 100, messages };

  it('R22 asks for a message, whole and streamed', async () => {
    const scene = await startScene();
    scene.upstreams.anthropic.reply({ chunks: ['A ', 'bridge'] });
    const anthropic = anthropicOf(scene);

    const whole = await anthropic.messages.create(message);
    const text = await anthropic.messages.stream(message).finalText();

    expect(whole.content).toMatchObject([{ type: 'text', text: 'A bridge' }]);
    expect(text).toBe('A bridge');
    expect(scene.client.inFlight()).toEqual([]);
  });

  it.each([
    ['rate-limit', 429, Anthropic.RateLimitError],
    ['bad-key', 401, Anthropic.AuthenticationError],
    ['overloaded', 529, Anthropic.InternalServerError],
  ] as const)('tells %s as the SDK does', async (kind, status, errorClass) => {
    const scene = await startScene();
    scene.upstreams.anthropic.stumble(kind);

    const error = await rejection(anthropicOf(scene).messages.create(message));

    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject({ status });
  });

  it('throws at a stream whose connection breaks', async () => {
    const scene = await startScene();
    scene.upstreams.anthropic.stumble('cut-stream', { how: 'reset' });
    const read = async (): Promise<void> => {
      const stream = await anthropicOf(scene).messages.create({ ...message, stream: true });
      for await (const event of stream) expect(event.type).toEqual(expect.any(String));
    };

    const error = await rejection(read());

    expect(error).toMatchObject({ name: 'TypeError', message: 'terminated' });
    expect(causesOf(error)[0]).toBeInstanceOf(ConnectionResetError);
  });

  it('tells a clock of ours as the timeout that it is', async () => {
    const scene = await startScene();
    scene.upstreams.anthropic.stumble('no-answer');
    const fetch = createFetch(scene.client, { totalMs: 20 });

    const error = await rejection(anthropicOf({ ...scene, fetch }).messages.create(message));

    expect(error).toBeInstanceOf(Anthropic.APIConnectionTimeoutError);
  });

  it('reads an answer twice, for a middleware that looks at it', async () => {
    const scene = await startScene();
    scene.upstreams.anthropic.reply({ text: 'A bridge' });
    const parsed: unknown[] = [];
    const anthropic = anthropicOf(scene).withOptions({
      middleware: [
        async (request, next, context) => {
          const response = await next(request);
          parsed.push(await context.parse(response));
          return response;
        },
      ],
    });

    const whole = await anthropic.messages.create(message);

    expect(parsed).toMatchObject([{ id: whole.id }]);
  });

  it('frees the connection of a stream that is left', async () => {
    const scene = await startScene();
    scene.upstreams.anthropic.stumble('stall', { afterEvents: 2 });
    const stream = await anthropicOf(scene).messages.create({ ...message, stream: true });

    for await (const event of stream) if (event.type === 'message_start') break;

    await vi.waitFor(() => expect(scene.client.inFlight()).toEqual([]));
  });
});

describe('ai over createFetch()', () => {
  async function readUi({ upstreams, fetch }: Scene, signal?: AbortSignal): Promise<string> {
    const transport = new DefaultChatTransport({
      api: upstreams.agent.vercelUrl,
      fetch,
    });
    const stream = await transport.sendMessages({
      trigger: 'submit-message',
      chatId: 'chat-1',
      messageId: undefined,
      messages: [{ id: 'm0', role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
      abortSignal: signal,
    });
    let last: UIMessage | undefined;
    for await (const state of readUIMessageStream({ stream, terminateOnError: true })) last = state;
    return (last?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('');
  }

  it('reads a stream of UI messages', async () => {
    const scene = await startScene();
    scene.upstreams.agent.reply({ chunks: ['A ', 'bridge'] });

    expect(await readUi(scene)).toBe('A bridge');
    expect(scene.client.inFlight()).toEqual([]);
  });

  it('throws at a stream whose connection breaks, and at a refusal', async () => {
    const scene = await startScene();
    scene.upstreams.agent.stumble('cut-stream', { how: 'reset' });
    expect(causesOf(await rejection(readUi(scene)))[0]).toBeInstanceOf(ConnectionResetError);

    scene.upstreams.agent.stumble('server-error');
    expect(await rejection(readUi(scene))).toBeInstanceOf(Error);
    expect(scene.client.inFlight()).toEqual([]);
  });
});

describe('@modelcontextprotocol/client over createFetch()', () => {
  it('calls a tool, and leaves nothing when it closes', async () => {
    const { upstreams, client, fetch } = await startScene();
    const mcp = new Client({ name: 'test', version: '1' });

    await mcp.connect(new StreamableHTTPClientTransport(new URL(upstreams.mcp.url), { fetch }));
    const { content } = await mcp.callTool({ name: 'echo', arguments: { text: 'hello' } });
    await mcp.close();

    expect(JSON.stringify(content)).toContain('hello');
    await vi.waitFor(() => expect(client.inFlight()).toEqual([]));
  });
});

describe('@ag-ui/client over createFetch()', () => {
  it('runs an agent', async () => {
    const { upstreams, client, fetch } = await startScene();
    upstreams.agent.reply({ chunks: ['A ', 'bridge'] });
    const agent = new HttpAgent({
      url: upstreams.agent.agUiUrl,
      threadId: 'th1',
      initialMessages: [{ id: 'm0', role: 'user', content: 'Hello' }],
      fetch,
    });

    const { newMessages } = await agent.runAgent({ runId: 'run1' });

    expect(newMessages).toMatchObject([{ role: 'assistant', content: 'A bridge' }]);
    expect(client.inFlight()).toEqual([]);
  });
});
