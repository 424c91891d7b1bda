import { createHttpClient } from '@linkspan/http';
import { rawSse } from '@linkspan/dialects';
import { expect, it } from 'vitest';
import { startServer } from '../loopback-server.ts';

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable('it did not fail'),
    (error: unknown) => error,
  );

it('tells of connecting, trying and waiting on a real wire, and of the variable that set the limit', async () => {
  let requests = 0;
  const server = await startServer((_request, response) => {
    requests += 1;
    // The second request is never answered.
    if (requests === 1) response.writeHead(503, { 'retry-after-ms': '5' }).end();
  });
  await using client = createHttpClient({
    baseUrl: server.url,
    auth: { bearer: 'canary-4711-secret' },
    env: { LINKSPAN_ATTEMPT_MS: '500' },
    retry: { maxRetries: 1 },
  });

  const error = await failureOf(client.get('/users/1', { params: { key: 'canary-4711' } }));
  const explained = client.explain(error);

  expect(explained?.entries.map(({ event, attempt }) => `${event} ${attempt}`)).toEqual([
    'queue 1',
    'attempt 1',
    'connect 1',
    'headers 1',
    'failed 1',
    'backoff 1',
    'queue 1',
    'attempt 2',
    'ended 2',
  ]);
  expect(explained).toMatchObject({
    call: { operation: 'GET', streaming: false },
    endedBy: 'clock',
    option: { name: 'attemptMs', origin: 'environment', variable: 'LINKSPAN_ATTEMPT_MS' },
    advice: [
      'raise attemptMs (500 ms, from LINKSPAN_ATTEMPT_MS)',
      'raise retry.maxRetries (1, an option of the client)',
    ],
  });
  expect(explained?.entries[4]?.failure).toMatchObject({ status: 503 });
  expect(explained?.entries[5]?.waitMs).toBe(5);
  const times = explained?.entries.map(({ atMs }) => atMs) ?? [];
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(JSON.stringify(explained)).not.toContain('canary');
});

it('tells of a stream whose bytes were cut', async () => {
  const server = await startServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n');
    setImmediate(() => response.destroy());
  });
  await using client = createHttpClient({ baseUrl: server.url });

  const error = await failureOf(
    Array.fromAsync(client.postStream('/run', {}, { dialect: rawSse })),
  );

  expect(client.explain(error)).toMatchObject({
    call: { operation: 'POST', streaming: true },
    attempts: 1,
    endedBy: 'failure',
    entries: expect.arrayContaining([expect.objectContaining({ event: 'body' })]),
  });
});
