import { inspect } from 'node:util';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { secret } from '@linkspan/core';
import { createSdkClient, type SdkClient } from '@linkspan/sdk';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { say } from '../provider-clients.ts';

/** It looks like no provider's key: nothing but its being held as a secret can hide it. */
const canary = 'canary7key7for7nobody7else';

type Answer = (key: string) => { status?: number; type?: string; body: string };

/** A server that repeats the key that it was given, in whatever it answers. */
async function echoingServer(answer: Answer): Promise<string> {
  const server: Server = createServer((request, response) => {
    const { authorization, 'x-api-key': apiKey, 'api-key': azureKey } = request.headers;
    const key = authorization ?? apiKey ?? azureKey;
    const { status = 200, type = 'application/json', body } = answer(String(key));
    request.resume().on('end', () => {
      response.writeHead(status, {
        'content-type': type,
        'x-request-id': 'req_1',
        'x-echo': String(key),
      });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answers: Readonly<Record<string, Answer>> = {
  'a 401': (key) => ({
    status: 401,
    body: JSON.stringify({ error: { message: `Wrong: ${key}` } }),
  }),
  'a 429': (key) => ({
    status: 429,
    body: JSON.stringify({ error: { message: key, code: 'insufficient_quota', param: key } }),
  }),
  'a 500 page': (key) => ({ status: 500, type: 'text/html', body: `<h1>${key}</h1>` }),
  'a 200 page': (key) => ({ type: 'text/html', body: `<h1>${key}</h1>` }),
  'an error in a 200': (key) => ({ body: JSON.stringify({ error: { message: key, code: key } }) }),
  'something else': (key) => ({ body: JSON.stringify({ [key]: key }) }),
  'no JSON': (key) => ({ body: `{"error": ${key}` }),
  'an error in a stream': (key) => ({
    type: 'text/event-stream',
    body: `data: ${JSON.stringify({ type: 'error', error: { message: key, type: key } })}\n\n`,
  }),
  'a stream of something else': (key) => ({
    type: 'text/event-stream',
    body: `data: it is ${key}\n\n`,
  }),
  'a stream that is cut': (key) => ({
    type: 'text/event-stream',
    body: `data: ${JSON.stringify({ choices: [{ delta: { content: 'Hi' } }], id: key })}\n\n`,
  }),
};

const makers: Readonly<Record<string, (baseUrl: string) => SdkClient>> = {
  openai: (baseUrl) =>
    createSdkClient({ provider: 'openai', apiKey: canary, baseUrl, retry: false }),
  'openai with a secret': (baseUrl) =>
    createSdkClient({ provider: 'openai', apiKey: secret(canary), baseUrl, retry: false }),
  'openai with a function': (baseUrl) =>
    createSdkClient({ provider: 'openai', apiKey: async () => canary, baseUrl, retry: false }),
  'openai by the environment': (baseUrl) =>
    createSdkClient({ provider: 'openai', baseUrl, retry: false, env: { OPENAI_API_KEY: canary } }),
  azure: (baseUrl) =>
    createSdkClient({
      provider: 'openai',
      apiKey: canary,
      baseUrl,
      apiVersion: '2026-01-01',
      retry: false,
    }),
  anthropic: (baseUrl) =>
    createSdkClient({ provider: 'anthropic', apiKey: canary, baseUrl, retry: false }),
  'anthropic with a token': (baseUrl) =>
    createSdkClient({ provider: 'anthropic', authToken: canary, baseUrl, retry: false, env: {} }),
};

/** Every way in which a value is shown. */
function shown(value: unknown): string {
  const parts = [inspect(value, { depth: 12, showHidden: true }), String(value)];
  try {
    parts.push(JSON.stringify(value) ?? '');
  } catch {
    // What has cycles is not shown as JSON.
  }
  for (let error = value; error instanceof Error; error = error.cause) {
    parts.push(error.message, error.stack ?? '', JSON.stringify({ ...error }));
  }
  return parts.join('\n');
}

describe.each(Object.keys(makers))('R25 the key of %s', (maker) => {
  it('is sent, and not shown, by a client, its transport or its SDK', async () => {
    let sent = '';
    const baseUrl = await echoingServer((key) => {
      sent = key;
      return { body: '{}' };
    });
    const client = makers[maker]!(baseUrl);
    onTestFinished(() => client.close());

    await client.chat({ ...say('Hello'), model: 'm' }).catch(() => {});

    expect(sent).toContain(canary);
    const native = await client.native();
    const explained = client.client.explainConfig();
    for (const value of [client, client.transport, client.client, native, explained]) {
      expect(shown(value)).not.toContain(canary);
    }
  });

  it.each(Object.keys(answers))('is in no failure, log or warning: %s', async (what) => {
    const baseUrl = await echoingServer(answers[what]!);
    const client = makers[maker]!(baseUrl);
    onTestFinished(() => client.close());
    const logs = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => {}),
    );
    const request = { ...say('Hello'), model: 'm' };

    const failures = await Promise.all(
      [client.chat(request), client.stream(request).result()].map((call) =>
        call.then(
          () => Promise.reject(new Error('Expected the call to fail')),
          (error: unknown) => error,
        ),
      ),
    );

    for (const failure of failures) expect(shown(failure)).not.toContain(canary);
    for (const log of logs) expect(JSON.stringify(log.mock.calls)).not.toContain(canary);
  });

  it('goes to the origin of the provider alone', async () => {
    const client = makers[maker]!(await echoingServer(() => ({ body: '{}' })));
    onTestFinished(() => client.close());
    let asked = false;
    const elsewhere = await echoingServer(() => {
      asked = true;
      return { body: '{}' };
    });

    const call = client.client.request({ operation: 'GET', target: `${elsewhere}/steal` });

    await expect(call).rejects.toMatchObject({ kind: 'config' });
    expect(asked).toBe(false);
  });
});
