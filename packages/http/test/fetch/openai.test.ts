import { ConnectionResetError, TimeoutError } from '@linkspan/core';
import { createFetch, createHttpClient } from '@linkspan/http';
import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIUserAbortError } from 'openai';
import { describe, expect, it, vi } from 'vitest';
import { startRawServer } from '../raw-server.ts';
import { rejection } from '../transport-call.ts';
import { causesOf, type Scene, startScene } from './sdk-scene.ts';

const messages = [{ role: 'user' as const, content: 'Hello' }];

function openaiOf({ upstreams, fetch }: Scene): OpenAI {
  return new OpenAI({ apiKey: 'none', baseURL: upstreams.openai.baseUrl, maxRetries: 0, fetch });
}

describe('openai over createFetch()', () => {
  const chat = { model: 'gateway-model', messages };

  it('C29 R20 asks an OpenAI-compatible gateway, whole and streamed', async () => {
    const scene = await startScene();
    scene.upstreams.openai.reply({ chunks: ['A ', 'bridge'] });
    const openai = openaiOf(scene);

    const whole = await openai.chat.completions.create(chat);
    let text = '';
    for await (const { choices } of await openai.chat.completions.create({
      ...chat,
      stream: true,
    })) {
      text += choices[0]?.delta.content ?? '';
    }

    expect(whole.choices[0]?.message.content).toBe('A bridge');
    expect(whole).toHaveProperty('_request_id', expect.any(String));
    expect(text).toBe('A bridge');
    expect(scene.client.inFlight()).toEqual([]);
    expect(scene.upstreams.openai.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer none',
      'user-agent': expect.stringMatching(/^OpenAI/),
    });
  });

  it.each([
    ['rate-limit', 429, OpenAI.RateLimitError],
    ['bad-key', 401, OpenAI.AuthenticationError],
    ['server-error', 500, OpenAI.InternalServerError],
    ['overloaded', 503, OpenAI.InternalServerError],
  ] as const)('tells %s as the SDK does', async (kind, status, errorClass) => {
    const scene = await startScene();
    scene.upstreams.openai.stumble(kind);

    const error = await rejection(openaiOf(scene).chat.completions.create(chat));

    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject({ status, requestID: expect.any(String) });
  });

  it('lets the SDK try again', async () => {
    const scene = await startScene();
    scene.upstreams.openai.stumble('rate-limit', { retryAfterMs: 1 });
    scene.upstreams.openai.stumble('reset-before-head');
    const openai = openaiOf(scene).withOptions({ maxRetries: 2 });

    await openai.chat.completions.create(chat);

    expect(scene.upstreams.openai.requests).toHaveLength(3);
    expect(scene.client.stats()).toMatchObject([{ running: 0 }]);
  });

  it('hands on what broke the connection', async () => {
    const scene = await startScene();
    scene.upstreams.openai.stumble('reset-before-head');

    const error = await rejection(openaiOf(scene).chat.completions.create(chat));

    expect(error).toBeInstanceOf(APIConnectionError);
    expect(causesOf(error)).toMatchObject([{ code: 'connection_reset', sent: 'maybe' }]);
  });

  it('tells a clock of ours as the timeout that it is', async () => {
    const scene = await startScene();
    scene.upstreams.openai.stumble('no-answer');
    const fetch = createFetch(scene.client, { totalMs: 20 });

    const error = await rejection(openaiOf({ ...scene, fetch }).chat.completions.create(chat));

    expect(error).toBeInstanceOf(APIConnectionTimeoutError);
    expect(causesOf(error)).toMatchObject([{ clock: 'totalMs', sent: 'maybe' }]);
    expect(causesOf(error)[0]).toBeInstanceOf(TimeoutError);
  });

  it('throws at a stream whose connection breaks', async () => {
    const scene = await startScene();
    scene.upstreams.openai.stumble('cut-stream', { how: 'reset', afterEvents: 2 });
    const read = async (): Promise<void> => {
      const stream = await openaiOf(scene).chat.completions.create({ ...chat, stream: true });
      for await (const event of stream) expect(event.object).toBe('chat.completion.chunk');
    };

    const error = await rejection(read());

    expect(error).toMatchObject({ name: 'TypeError', message: 'terminated' });
    expect(causesOf(error)[0]).toBeInstanceOf(ConnectionResetError);
  });

  it('is aborted by the caller, before the head and in a stream', async () => {
    const scene = await startScene();
    const openai = openaiOf(scene);
    scene.upstreams.openai.stumble('no-answer');
    const early = new AbortController();
    const call = rejection(openai.chat.completions.create(chat, { signal: early.signal }));
    await vi.waitFor(() => expect(scene.upstreams.openai.requests).toHaveLength(1));
    early.abort();
    expect(await call).toBeInstanceOf(APIUserAbortError);

    scene.upstreams.openai.stumble('stall', { afterEvents: 1 });
    const late = new AbortController();
    const stream = await openai.chat.completions.create(
      { ...chat, stream: true },
      { signal: late.signal },
    );
    let events = 0;
    for await (const event of stream) {
      events += event.choices.length;
      late.abort();
    }

    expect(events).toBe(1);
    expect(scene.client.inFlight()).toEqual([]);
  });

  it('frees the connection of a stream that is left', async () => {
    const scene = await startScene();
    scene.upstreams.openai.stumble('stall', { afterEvents: 2 });
    const stream = await openaiOf(scene).chat.completions.create({ ...chat, stream: true });

    for await (const event of stream) if (event.choices.length > 0) break;

    await vi.waitFor(() => expect(scene.client.stats()).toMatchObject([{ running: 0 }]));
    expect(scene.client.inFlight()).toEqual([]);
  });

  it('uploads a file as a form', async () => {
    let received = '';
    const server = await startRawServer(async (peer) => {
      await peer.arrival('--\r\n');
      received = peer.received;
      peer.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"id":"file-1"}');
    });
    await using client = createHttpClient({ baseUrl: server.url });
    const openai = new OpenAI({
      apiKey: 'none',
      baseURL: server.url,
      maxRetries: 0,
      fetch: createFetch(client),
    });

    const file = await openai.files.create({
      file: new File(['{"a":1}\n'], 'batch.jsonl', { type: 'application/jsonl' }),
      purpose: 'batch',
    });

    expect(file.id).toBe('file-1');
    expect(received).toMatch(/content-type: multipart\/form-data; boundary=/i);
    expect(received).toMatch(/name="purpose"\r\n\r\nbatch\r\n/);
    expect(received).toMatch(
      /filename="batch.jsonl"\r\ncontent-type: application\/jsonl\r\n\r\n\{"a":1\}/i,
    );
  });
});
