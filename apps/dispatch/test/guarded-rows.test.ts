import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../src/command-line/endpoints.ts';
import type { Clients } from '../src/delivery/clients.ts';
import { Dispatcher, type DispatchSettings } from '../src/delivery/dispatcher.ts';
import { parseInput } from '../src/input/read-input.ts';
import type { Answer } from '../src/output/answer.ts';
import { openClients } from './open-clients.ts';
import { sendOk, startApi } from './start-api.ts';

const patient: DispatchSettings = {
  retries: 3,
  retryBaseMs: 0,
  budgetWaitMs: 10,
  totalMs: 20_000,
  firstEventMs: Infinity,
  eventIdleMs: Infinity,
  mayResend: true,
};

function endpointAt(baseUrl: string): Endpoint {
  return { baseUrl, apiKey: undefined, label: 'test' };
}

/** Sends a row; gives its answer. */
async function send(
  clients: Clients,
  row: object,
  settings: Partial<DispatchSettings> = {},
): Promise<Answer> {
  const line = JSON.stringify('kind' in row ? row : { kind: 'json', path: '/x', ...row });
  const [parsed] = parseInput('a test', Buffer.from(line));
  const dispatcher = new Dispatcher(clients, { ...patient, ...settings });
  return await dispatcher.dispatch(parsed!, new AbortController().signal);
}

function sendBusy(response: ServerResponse): void {
  response.writeHead(503).end();
}

function chatRow(id: string, content: string): object {
  const messages = [{ role: 'user', content }];
  return { id, kind: 'chat', body: { model: 'm', stream: false, messages } };
}

function sendChat(response: ServerResponse, usage?: object): void {
  const choices = [{ message: { content: 'Yes' }, finish_reason: 'stop' }];
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ choices, ...(usage && { usage }) }));
}

const tooLate = { name: 'RateLimitExceededError', code: 'rate_limit_exceeded', sent: 'no' };

describe('the limits of an upstream', () => {
  it('hold rows back that are more than was asked for, and send nothing of them', async () => {
    const served: string[] = [];
    const baseUrl = await startApi((id, response) => {
      served.push(id);
      sendOk(response);
    });
    const clients = openClients({ json: endpointAt(baseUrl) }, { requestsPerMinute: 1 });

    expect(await send(clients, { id: 'a' })).toMatchObject({ status: 'ok', attempts: 1 });
    expect(await send(clients, { id: 'b' })).toMatchObject({
      status: 'failed',
      attempts: 0,
      error: tooLate,
    });

    expect(served).toEqual(['a']);
  });

  it('are shared by the kinds of rows that go to one origin', async () => {
    const baseUrl = await startApi((_id, response) => sendChat(response));
    const endpoint = endpointAt(baseUrl);
    const clients = openClients({ json: endpoint, chat: endpoint }, { requestsPerMinute: 1 });

    expect(await send(clients, chatRow('a', 'Hello'))).toMatchObject({ status: 'ok' });
    expect(await send(clients, { id: 'b' })).toMatchObject({ error: tooLate });
  });

  it('are learnt from its headers', async () => {
    const baseUrl = await startApi((_id, response) => {
      response.setHeader('x-ratelimit-limit-requests', '50');
      response.setHeader('x-ratelimit-remaining-requests', '0');
      response.setHeader('x-ratelimit-reset-requests', '60s');
      sendOk(response);
    });
    const clients = openClients({ json: endpointAt(baseUrl) });
    await send(clients, { id: 'a' });

    // In one minute there are two of fifty, less those that are kept back.
    const answers = await Promise.all(
      ['b', 'c'].map((id) => send(clients, { id }, { totalMs: 900 })),
    );

    expect(answers).toMatchObject([{ error: tooLate }, { error: tooLate }]);
    const [{ limits } = {}] = clients.status();
    expect(limits).toMatchObject({ requests: { limit: 50, remaining: 0 } });
    expect(limits?.requests?.resetInMs).toBeLessThanOrEqual(60_000);
  });

  it('count the tokens that a row reads, and those that its answer reports', async () => {
    const baseUrl = await startApi((_id, response) => {
      sendChat(response, { prompt_tokens: 20, completion_tokens: 380 });
    });
    const clients = openClients({ chat: endpointAt(baseUrl) }, { tokensPerMinute: 400 });

    expect(await send(clients, chatRow('long', 'x'.repeat(2_000)))).toMatchObject({
      attempts: 0,
      error: { name: 'RateLimitExceededError', message: expect.stringMatching(/limit is 400/) },
    });
    expect(await send(clients, chatRow('a', 'Hello'))).toMatchObject({ status: 'ok' });
    expect(await send(clients, chatRow('b', 'Hello'))).toMatchObject({
      attempts: 0,
      error: tooLate,
    });
  });

  it('count no tokens for an upstream that has none', async () => {
    const baseUrl = await startApi((_id, response) => sendOk(response));
    const clients = openClients({ json: endpointAt(baseUrl) }, { tokensPerMinute: 1 });

    const row = { id: 'a', method: 'POST', body: { text: 'x'.repeat(2_000) } };

    expect(await send(clients, row)).toMatchObject({ status: 'ok' });
  });
});

describe('the circuit of an upstream', () => {
  const circuit = { rule: { consecutive: 2 }, openMs: 100 };

  it('C20 opens when it is down; rows wait, and it closes when it is back', async () => {
    let requests = 0;
    const baseUrl = await startApi((_id, response) => {
      requests += 1;
      if (requests <= 3) sendBusy(response);
      else sendOk(response);
    });
    const told: unknown[] = [];
    const onCircuit = (ids: readonly string[], isOpen: boolean): void => {
      told.push([...ids, isOpen]);
    };
    const clients = openClients({ json: endpointAt(baseUrl) }, { circuit, onCircuit });

    const answer = await send(clients, { id: 'a' });

    // Two failures open it, the first trial fails and the second does not: nothing else is sent.
    expect(answer).toMatchObject({
      status: 'ok',
      attempts: 4,
      retries: ['unavailable', 'unavailable', 'unavailable'],
    });
    expect(requests).toBe(4);
    expect(told).toEqual([
      ['json', true],
      ['json', false],
    ]);
    expect(clients.status()).toMatchObject([
      {
        client: { id: 'json', circuit: 'closed', calls: { successes: 1, failures: 3 } },
        circuit: { state: 'closed', opened: 2 },
        retries: { allowed: 3, refused: 0 },
      },
    ]);
    expect(clients.troubles()).toBe('');
  });

  it('is that of all kinds of rows that go to one origin', async () => {
    const baseUrl = await startApi((_id, response) => sendBusy(response));
    const endpoint = endpointAt(baseUrl);
    const clients = openClients(
      { json: endpoint, chat: endpoint },
      { circuit: { ...circuit, openMs: 60_000 } },
    );
    await send(clients, { id: 'a' }, { retries: 1 });

    expect(await send(clients, chatRow('b', 'Hello'))).toMatchObject({
      attempts: 0,
      error: { code: 'circuit_open' },
    });
  });

  it('fails rows that cannot wait so long, and sends nothing of them', async () => {
    let requests = 0;
    const baseUrl = await startApi((_id, response) => {
      requests += 1;
      sendBusy(response);
    });
    const clients = openClients(
      { json: endpointAt(baseUrl) },
      { circuit: { ...circuit, openMs: 60_000 } },
    );
    await send(clients, { id: 'a' }, { retries: 1 });

    expect(await send(clients, { id: 'b' })).toMatchObject({
      status: 'failed',
      attempts: 0,
      error: { name: 'CircuitOpenError', code: 'circuit_open' },
    });

    expect(requests).toBe(2);
    expect(clients.troubles()).toBe('down: json');
    expect(clients.manager.status('json')).toMatchObject({ circuit: 'open' });
  });
});

describe('the retries of an upstream', () => {
  it('are bounded over all of its rows', async () => {
    let requests = 0;
    const baseUrl = await startApi((_id, response) => {
      requests += 1;
      sendBusy(response);
    });
    // One in any ten seconds.
    const clients = openClients({ json: endpointAt(baseUrl) }, { retriesPerSecond: 0.1 });
    const settings = { totalMs: 5_000, budgetWaitMs: 5_000 };

    const answers = await Promise.all(['a', 'b', 'c'].map((id) => send(clients, { id }, settings)));

    expect(requests).toBe(4);
    expect(answers.filter(({ attempts }) => attempts === 1)).toHaveLength(2);
    expect(answers).toMatchObject([0, 1, 2].map(() => ({ error: { code: 'unavailable' } })));
    const [{ retries } = {}] = clients.status();
    expect(retries).toMatchObject({ allowed: 1 });
    expect(retries?.refused).toBeGreaterThanOrEqual(3);
  });

  it('are had by a row that was refused one, when other rows have earned it', async () => {
    const served: string[] = [];
    const baseUrl = await startApi((id, response) => {
      served.push(id);
      const isFirst = served.filter((one) => one === 'slow').length === 1;
      if (id === 'slow' && isFirst) sendBusy(response);
      else sendOk(response);
    });
    // One for ten requests, and no other.
    const clients = openClients({ json: endpointAt(baseUrl) }, { retriesPerSecond: 0 });

    const slow = send(clients, { id: 'slow' });
    await expect.poll(() => clients.status()[0]?.retries.refused).toBeGreaterThan(0);
    const ended = slow.then(() => true);
    // Until they are enough within a second.
    await expect
      .poll(
        async () => {
          await send(clients, { id: `other-${served.length}` });
          return await Promise.race([ended, Promise.resolve(false)]);
        },
        { interval: 0, timeout: 10_000 },
      )
      .toBe(true);

    expect(await slow).toMatchObject({ status: 'ok', attempts: 2, retries: ['unavailable'] });
    expect(served.length).toBeGreaterThan(10);
    expect(clients.status()).toMatchObject([{ retries: { allowed: 1 } }]);
  });
});

describe('the manager of a run', () => {
  it('C16 knows every upstream by its kind, checks it and tells how it is', async () => {
    let checks = 0;
    const baseUrl = await startApi(
      (_id, response) => sendOk(response),
      () => (checks += 1),
    );
    const endpoint = endpointAt(baseUrl);
    const clients = openClients({
      json: endpoint,
      agent: endpoint,
      'openai-sdk': endpoint,
      fallback: endpoint,
    });
    expect(clients.manager.ids()).toEqual(['json', 'agent', 'openai-sdk', 'fallback']);
    expect(clients.manager.status().states).toMatchObject({ idle: 4 });

    await send(clients, { id: 'a' });
    const { healthy, clients: statuses } = await clients.manager.checkAll();

    expect(healthy).toBe(true);
    expect(checks).toBe(4);
    for (const status of Object.values(statuses)) {
      expect(status).toMatchObject({
        state: 'connected',
        checks: { successes: 1, failures: 0 },
        p95Ms: expect.any(Number),
        circuit: 'closed',
      });
    }
    expect(statuses['json']).toMatchObject({ calls: { successes: 1, failures: 0 } });
  });

  it('C5 closes all clients', async () => {
    const baseUrl = await startApi((_id, response) => sendOk(response));
    const clients = openClients({ json: endpointAt(baseUrl), agent: endpointAt(baseUrl) });
    await send(clients, { id: 'a' });

    await clients[Symbol.asyncDispose]();

    expect(clients.manager.status().states).toMatchObject({ disconnected: 2 });
    await expect(clients.get('json').get('/x')).rejects.toMatchObject({ name: 'ClosedError' });
    await expect(clients.get('agent').ndjson.http.get('/x')).rejects.toMatchObject({
      name: 'ClosedError',
    });
  });
});
