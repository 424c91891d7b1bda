import { ManualClock } from '@linkspan/concurrency';
import type { Dialect } from '@linkspan/core';
import { a2a, mcp2025, openaiResponses } from '@linkspan/dialects';
import { createHttpClient } from '@linkspan/http';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { MockUpstream, MockUpstreams } from '@linkspan/testkit';
import { startUpstreams } from './start-upstreams.ts';

const QUESTION = 'Which berth is free?';

interface Answer {
  readonly text: string;
  readonly events: number;
}

/** Opens a stream that is taken up wherever it breaks, on a clock that runs through its waits. */
async function receive<Event, Result extends { readonly text: string }>(
  dialect: Dialect<Event, Result>,
  url: string,
  json: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const clock = new ManualClock();
  const client = createHttpClient({ clock });
  onTestFinished(() => client.close());
  const init = { method: 'POST', path: url, json, headers };
  const stream = await client.stream(init, { dialect, resume: true });
  const reading = stream.result();
  let isOver = false;
  void stream.outcome.then(() => (isOver = true));
  await vi.waitUntil(async () => {
    await clock.advance(5_000);
    return isOver;
  });
  const { text } = await reading;
  return { text, events: (await stream.outcome).events };
}

/** Cuts two streams in a row, each behind one event that is new. */
function cutTwice(upstream: MockUpstream): void {
  upstream.stumble('cut-stream', { afterEvents: 3 });
  upstream.stumble('cut-stream', { afterEvents: 1 });
}

it('a background response is taken up by the number of its last event', async () => {
  const { openai } = await startUpstreams();
  cutTwice(openai);
  const body = { model: 'm', input: QUESTION, stream: true, background: true };

  const { text } = await receive(openaiResponses, `${openai.baseUrl}/responses`, body);

  expect(text).toBe(`You said: ${QUESTION}`);
  expect(openai.requests.map(({ query }) => query['starting_after'])).toEqual([
    undefined,
    '2',
    '3',
  ]);
});

it('a task is taken up by what it has come to, also when it is over by then', async () => {
  const upstreams = await startUpstreams();
  upstreams.a2a.stumble('cut-stream', { afterEvents: 3 });
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: QUESTION }] };

  const body = { jsonrpc: '2.0', id: 1, method: 'SendStreamingMessage', params: { message } };
  const { text } = await receive(a2a, upstreams.a2a.url, body);

  expect(text).toBe(`You said: ${QUESTION}`);
  expect(methodsOf(upstreams)).toEqual(['SendStreamingMessage', 'SubscribeToTask', 'GetTask']);
});

it('a call of a tool is taken up behind its last event', async () => {
  const upstreams = await startUpstreams();
  const { mcp } = upstreams;
  const opened = await fetch(mcp.url, {
    method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize' }),
  });
  mcp.stumble('cut-stream', { afterEvents: 2 });
  mcp.stumble('cut-stream', { afterEvents: 1 });
  const params = { name: 'count', arguments: { to: 4 }, _meta: { progressToken: 'p' } };

  const { text, events } = await receive(
    mcp2025,
    mcp.url,
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params },
    { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' },
  );

  expect(text).toBe('Counted to 4');
  expect(events).toBe(5);
  const ids = mcp.requests.map(({ headers }) => headers['last-event-id']?.replace(/^.*_/, ''));
  expect(ids).toEqual([undefined, undefined, '1', '2']);
});

function methodsOf({ requests }: MockUpstreams): unknown[] {
  return requests.map(({ body }) => (body as { readonly method?: unknown } | undefined)?.method);
}
