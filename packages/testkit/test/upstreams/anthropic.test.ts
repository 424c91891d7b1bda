import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import type { MockUpstreams } from '../../src/upstreams/mock-upstreams.ts';
import { startUpstreams } from './start-upstreams.ts';

const ask = {
  model: 'mock-1',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'Which berth is free?' }],
};

function clientOf({ anthropic }: MockUpstreams): Anthropic {
  return new Anthropic({ apiKey: 'sk-ant-mock', baseURL: anthropic.baseUrl, maxRetries: 0 });
}

describe('upstreams.anthropic with the official SDK', () => {
  it('answers at once, by default with what it was asked', async () => {
    const upstreams = await startUpstreams();

    const message = await clientOf(upstreams).messages.create(ask);

    expect(message).toMatchObject({
      content: [{ type: 'text', text: 'You said: Which berth is free?' }],
      _request_id: expect.stringMatching(/^req_011/),
      stop_reason: 'end_turn',
      usage: { output_tokens: 8 },
    });
    expect(upstreams.anthropic.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer sk-ant-mock',
    });
  });

  it('streams thinking, text and tools, which the helper of the SDK puts together', async () => {
    const upstreams = await startUpstreams();
    const input = { berth: 4, note: 'the second ramp' };
    upstreams.anthropic.reply({
      reasoning: 'Let me see.',
      text: 'Berth 4.',
      toolCalls: [{ id: 'toolu_1', name: 'reserve', arguments: input }],
    });

    const stream = clientOf(upstreams).messages.stream(ask);
    const texts: string[] = [];
    stream.on('text', (piece) => texts.push(piece));
    const message = await stream.finalMessage();

    expect(texts).toEqual(['Berth', ' 4.']);
    expect(message.stop_reason).toBe('tool_use');
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'Let me see.', signature: expect.any(String) },
      { type: 'text', text: 'Berth 4.' },
      { type: 'tool_use', id: 'toolu_1', name: 'reserve', input },
    ]);
  });

  it('sends every kind of event, named, in the order of the protocol', async () => {
    const upstreams = await startUpstreams();
    upstreams.anthropic.reply({ text: 'Yes.' });
    const { url, init } = requestOf(upstreams);

    const text = await (await fetch(url, init)).text();

    expect([...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  const classes = [
    ['rate-limit', Anthropic.RateLimitError, 429, 'rate_limit_error'],
    ['overloaded', Anthropic.APIError, 529, 'overloaded_error'],
    ['server-error', Anthropic.InternalServerError, 500, 'api_error'],
    ['quota', Anthropic.APIError, 402, 'billing_error'],
    ['bad-key', Anthropic.AuthenticationError, 401, 'authentication_error'],
  ] as const;

  it.each(classes)(
    '%s gives the error class of the SDK',
    async (kind, ErrorClass, status, type) => {
      const upstreams = await startUpstreams();
      upstreams.anthropic.stumble(kind);

      const error: unknown = await clientOf(upstreams)
        .messages.create(ask)
        .catch((reason: unknown) => reason);

      expect(error).toBeInstanceOf(ErrorClass);
      expect(error).toMatchObject({ status, error: { type: 'error', error: { type } } });
    },
  );

  it('tells its limits in headers, and the wait in whole seconds', async () => {
    const upstreams = await startUpstreams();
    upstreams.anthropic.stumble('rate-limit', { retryAfterMs: 1500 });
    const { url, init } = requestOf(upstreams);

    const { headers } = await fetch(url, init);

    expect(headers.get('retry-after')).toBe('2');
    expect(headers.get('anthropic-ratelimit-requests-remaining')).toBe('0');
  });

  it('reports an error inside the stream as Anthropic does', async () => {
    const upstreams = await startUpstreams();
    upstreams.anthropic.stumble('error-in-stream');

    const message = clientOf(upstreams).messages.stream(ask).finalMessage();

    await expect(message).rejects.toThrow('overloaded_error');
  });

  it('asks for the header of the version', async () => {
    const upstreams = await startUpstreams();
    const { url, init } = requestOf(upstreams);

    const response = await fetch(url, { ...init, headers: {} });

    expect(response.status).toBe(400);
    expect(await response.text()).toContain('anthropic-version');
  });
});

function requestOf({ anthropic }: MockUpstreams): { url: string; init: RequestInit } {
  return {
    url: `${anthropic.baseUrl}/v1/messages`,
    init: {
      method: 'POST',
      headers: { 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      body: JSON.stringify({ ...ask, stream: true }),
    },
  };
}
