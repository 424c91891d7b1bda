import { inspect } from 'node:util';
import { LinkspanError } from '@linkspan/core';
import { openaiChat, rawSse } from '@linkspan/dialects';
import { createHttpClient } from '@linkspan/http';
import { describe, expect, it } from 'vitest';
import { startServer } from './loopback-server.ts';
import { rejection } from './transport-call.ts';

describe('a stream whose peer repeats the credentials', () => {
  const key = 'canary4711canary';

  it.each([
    [
      'an event',
      'text/event-stream',
      `data: {"error":{"message":"Bad key ${key}","code":"x"}}\n\n`,
    ],
    ['a JSON body', 'application/json', `{"error":{"message":"Bad key ${key}","type":"x"}}`],
    ['a page', 'text/html', `<p>Who is ${key}?`],
  ])('hides them in the failure that %s reports', async (_what, contentType, body) => {
    const server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': contentType }).end(body);
    });
    await using client = createHttpClient({ baseUrl: server.url, auth: { bearer: key } });

    const error = (await rejection(
      client.postStream('/', {}, { dialect: openaiChat }).result(),
    )) as Error;

    expect(error).toBeInstanceOf(LinkspanError);
    const shown = [error.stack, JSON.stringify(error), inspect(error, { depth: Infinity })].join();
    expect(shown).not.toContain(key);
    expect(shown).toContain('[redacted]');
  });
});

describe('stream.lastEventId', () => {
  it('is that of the event that was handed over, not of those that came with it', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n');
    });
    await using client = createHttpClient({ baseUrl: server.url });

    const seen: string[] = [];
    const stream = await client.stream({ path: '/' }, { dialect: rawSse });
    for await (const { id } of stream) seen.push(`${id}=${stream.lastEventId}`);

    expect(seen).toEqual(['1=1', '2=2', '3=3']);
    expect((await stream.outcome).lastEventId).toBe('3');
  });

  it('stays there when the reader leaves', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('id: 1\ndata: a\n\nid: 2\ndata: b\n\n');
    });
    await using client = createHttpClient({ baseUrl: server.url });

    const stream = await client.stream({ path: '/' }, { dialect: rawSse });
    for await (const { id } of stream) if (id === '1') break;

    expect(await stream.outcome).toMatchObject({
      status: 'cancelled',
      events: 1,
      lastEventId: '1',
    });
  });
});

describe('a redirect in answer to a stream', () => {
  it('is no stream', async () => {
    const server = await startServer((_request, response) => {
      response
        .writeHead(302, { location: '/elsewhere', 'content-type': 'text/event-stream' })
        .end();
    });
    await using client = createHttpClient({ baseUrl: server.url });

    const error = await rejection(client.stream({ path: '/' }, { dialect: rawSse }).result());

    expect(error).toMatchObject({ kind: 'protocol', code: 'sse_content_type' });
  });
});
