import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, type Middleware, NotFoundError } from '@linkspan/core';
import { openaiChat } from '@linkspan/dialects';
import { createHttpClient, httpTransport } from '@linkspan/http';
import { recordingMiddleware, recordingTransport, replayTransport } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { rejection } from '../transport-call.ts';

async function startServer() {
  const server = createServer(({ url = '' }, response) => answer(url, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  };
  onTestFinished(close);
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

const words = ['A ', 'bridge'];
const event = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

function answer(path: string, response: ServerResponse): void {
  if (path === '/status/404') {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end('{"error":{"message":"Nobody of that name"}}');
    return;
  }
  if (path === '/users/1') {
    response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'sid=canary' });
    response.end('{"id":1}');
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const word of words) response.write(event(word));
  if (path === '/reset') setImmediate(() => response.destroy());
  else response.end(path === '/cut' ? '' : 'data: [DONE]\n\n');
}

describe('a cassette of @linkspan/http', () => {
  it('answers without a server as the server did, in streams that end and streams that do not', async () => {
    const { baseUrl, close } = await startServer();
    const recording = recordingTransport(httpTransport({ baseUrl }));
    const play = async (transport: Parameters<typeof createClient>[0]['transport']) => {
      const client = createClient({ transport, retry: false, ownTransport: true } as never);
      const user = await client.request({ operation: 'GET', target: '/users/1' });
      const seen: unknown[] = [user.status, await user.text()];
      for (const target of ['/whole', '/cut', '/reset']) {
        const request = {
          operation: 'POST',
          target,
          payload: { kind: 'value', value: {} },
        } as const;
        const stream = client.stream(request, { dialect: openaiChat });
        const texts: string[] = [];
        const read = async (): Promise<void> => {
          for await (const { choices } of await stream) {
            texts.push(choices[0]?.delta?.content ?? '');
          }
        };
        // oxlint-disable-next-line no-await-in-loop -- one stream after another
        const error = target === '/whole' ? await read() : await rejection(read());
        // oxlint-disable-next-line no-await-in-loop -- as above
        const { status, terminator } = await (await stream).outcome;
        seen.push({ target, texts, status, terminator, error });
      }
      await client.close();
      return seen;
    };
    const heard = await play(recording);
    const cassette = recording.cassette();
    await close();

    const replay = replayTransport(cassette);
    const replayed = await play(replay);

    expect(heard).toMatchObject([
      200,
      '{"id":1}',
      { texts: words, status: 'complete', terminator: '[DONE]' },
      { texts: words, status: 'incomplete', error: { kind: 'stream-incomplete' } },
      { texts: words, status: 'failed', error: { kind: 'network' } },
    ]);
    const facts = (list: readonly unknown[]): unknown =>
      JSON.parse(
        JSON.stringify(list, (key, value: unknown) => (key === 'cause' ? undefined : value)),
      );
    expect(facts(replayed)).toEqual(facts(heard));
    expect(replay.left).toEqual([]);
    expect(JSON.stringify(cassette)).not.toContain('canary');
  });

  it('is recorded and played by a middleware where a client makes its transport itself', async () => {
    const { baseUrl, close } = await startServer();
    const recording = recordingMiddleware();
    const play = async (middleware: Middleware) => {
      const auth = { bearer: 'canary-of-the-client' };
      const options = { baseUrl, auth, middleware: [middleware], retry: false } as const;
      await using client = createHttpClient(options);
      const user = await client.get('/users/1');
      const lost = await rejection(client.post('/status/404', {}));
      const cut = client.postStream('/cut', {}, { dialect: openaiChat });
      return [user.status, await user.json(), lost, await rejection(cut.result())];
    };
    const heard = await play(recording);
    const cassette = recording.cassette();
    await close();

    const replay = replayTransport(cassette);
    const replayed = await play(() => replay.send);

    expect(heard).toMatchObject([200, { id: 1 }, { status: 404 }, { kind: 'stream-incomplete' }]);
    expect(replayed).toMatchObject([
      200,
      { id: 1 },
      { status: 404 },
      { kind: 'stream-incomplete' },
    ]);
    expect(replayed[2]).toBeInstanceOf(NotFoundError);
    expect((replayed[2] as NotFoundError).body).toBe((heard[2] as NotFoundError).body);
    expect(replay.left).toEqual([]);
    expect(JSON.stringify(cassette)).not.toContain('canary-of-the-client');
  });
});
