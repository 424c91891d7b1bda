import { ManualClock } from '@linkspan/concurrency';
import { describe, expect, it, vi } from 'vitest';
import type { MockUpstreams } from '../../src/upstreams/mock-upstreams.ts';
import { startUpstreams } from './start-upstreams.ts';

interface Event {
  readonly task?: { readonly id: string; readonly status: { readonly state: string } };
  readonly statusUpdate?: { readonly status: { readonly state: string } };
  readonly artifactUpdate?: {
    readonly artifact: { readonly parts: readonly { readonly text: string }[] };
    readonly append: boolean;
    readonly lastChunk: boolean;
  };
}

const message = { messageId: 'm1', role: 'ROLE_USER', parts: [{ text: 'Which berth is free?' }] };

async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = { 'a2a-version': '1.0' },
): Promise<Response> {
  return await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function rpc({ a2a }: MockUpstreams, method: string, params: unknown): Promise<Response> {
  return await post(a2a.url, { jsonrpc: '2.0', id: 'r1', method, params });
}

async function eventsOf(response: Response): Promise<Event[]> {
  const lines = (await response.text()).matchAll(/^data: (.*)$/gm);
  return [...lines].map(([, data = '']) => {
    const event = JSON.parse(data) as { readonly id?: string; readonly result?: Event } & Event;
    return event.result ?? event;
  });
}

describe('upstreams.a2a', () => {
  it('streams a task, its artifact piece by piece, and its state, each as a JSON-RPC response', async () => {
    const upstreams = await startUpstreams();
    upstreams.a2a.reply({ chunks: ['Berth', ' 4', '.'] });

    const response = await rpc(upstreams, 'SendStreamingMessage', { message });
    const events = await eventsOf(response);

    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(events.map((event) => Object.keys(event)[0])).toEqual([
      'task',
      'statusUpdate',
      'artifactUpdate',
      'artifactUpdate',
      'artifactUpdate',
      'statusUpdate',
    ]);
    const updates = events.flatMap(({ artifactUpdate }) => artifactUpdate ?? []);
    expect(updates.map(({ artifact, append }) => [artifact.parts[0]?.text, append])).toEqual([
      ['Berth', false],
      [' 4', true],
      ['.', true],
    ]);
    expect(updates.map(({ lastChunk }) => lastChunk)).toEqual([false, false, true]);
    expect(events.at(-1)?.statusUpdate?.status.state).toBe('TASK_STATE_COMPLETED');
  });

  it('lets a task be subscribed to where its stream was cut: first as it is, then what comes', async () => {
    const clock = new ManualClock();
    const upstreams = await startUpstreams({ clock, pace: { eventMs: 10 } });
    upstreams.a2a.reply({ chunks: ['Berth', ' 4', '.'] });
    upstreams.a2a.stumble('cut-stream', { afterEvents: 1 });

    const cut = rpc(upstreams, 'SendStreamingMessage', { message });
    await vi.waitUntil(() => upstreams.requests.length === 1);
    await clock.advance(30);
    const [begun] = await eventsOf(await cut);
    const rest = rpc(upstreams, 'SubscribeToTask', { id: begun?.task?.id });
    await vi.waitUntil(() => upstreams.requests.length === 2 && clock.pendingTimers > 0);
    await clock.advance(60);
    const [snapshot, ...updates] = await eventsOf(await rest);

    expect(snapshot?.task).toMatchObject({
      id: begun?.task?.id,
      status: { state: 'TASK_STATE_WORKING' },
      artifacts: [{ parts: [{ text: 'Berth 4' }] }],
    });
    expect(updates).toMatchObject([
      { artifactUpdate: { artifact: { parts: [{ text: '.' }] }, append: true } },
      { statusUpdate: { status: { state: 'TASK_STATE_COMPLETED' } } },
    ]);
  });

  it('gives a task that is done at once, and refuses what can no longer be done with it', async () => {
    const upstreams = await startUpstreams();

    const sent = await (await rpc(upstreams, 'SendMessage', { message })).json();
    const { task } = (sent as { readonly result: Event }).result;
    const got = (await (await rpc(upstreams, 'GetTask', { id: task?.id })).json()) as {
      readonly result: object;
    };
    const codes = await Promise.all(
      [
        rpc(upstreams, 'CancelTask', { id: task?.id }),
        rpc(upstreams, 'SubscribeToTask', { id: task?.id }),
        rpc(upstreams, 'GetTask', { id: 'none' }),
        rpc(upstreams, 'tasks/get', { id: task?.id }),
      ].map(async (answer) => {
        const { error } = (await (await answer).json()) as { readonly error: { code: number } };
        return error.code;
      }),
    );

    expect(sent).toMatchObject({ id: 'r1', result: { task: got.result } });
    expect(got.result).toMatchObject({
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ parts: [{ text: 'You said: Which berth is free?' }] }],
    });
    expect(codes).toEqual([-32002, -32004, -32001, -32601]);
  });

  it('cancels a task: whoever follows it is told, and what was made of it stays', async () => {
    const clock = new ManualClock();
    const upstreams = await startUpstreams({ clock, pace: { eventMs: 10 } });
    const stream = rpc(upstreams, 'SendStreamingMessage', { message });
    await vi.waitUntil(() => clock.pendingTimers > 0);
    await clock.advance(20);
    const body = (await stream).body?.getReader();
    const decoder = new TextDecoder();
    let text = decoder.decode((await body?.read())?.value);
    const id = /"id":"([0-9a-f-]{36})"/.exec(text)?.[1];

    const cancelled = await (await rpc(upstreams, 'CancelTask', { id })).json();
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- pieces come one after another
      const { done, value } = (await body?.read()) ?? { done: true };
      if (done) break;
      text += decoder.decode(value);
    }

    expect(cancelled).toMatchObject({
      result: {
        status: { state: 'TASK_STATE_CANCELED' },
        artifacts: [{ parts: [{ text: 'You' }] }],
      },
    });
    expect(text).toContain('TASK_STATE_CANCELED');
    expect(text).not.toContain('TASK_STATE_COMPLETED');
  });

  it('speaks REST below its URL, with bare events and google.rpc.Status', async () => {
    const upstreams = await startUpstreams();
    const { url } = upstreams.a2a;

    const streamed = await eventsOf(await post(`${url}/message:stream`, { message }));
    const id = streamed[0]?.task?.id;
    const headers = { 'a2a-version': '1.0' };
    const got = await fetch(`${url}/tasks/${id}`, { headers });
    const missing = await post(`${url}/tasks/none:cancel`, {});

    expect(streamed.at(-1)?.statusUpdate?.status.state).toBe('TASK_STATE_COMPLETED');
    expect(got.headers.get('content-type')).toBe('application/a2a+json');
    expect(await got.json()).toMatchObject({ id, status: { state: 'TASK_STATE_COMPLETED' } });
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({
      error: { code: 404, status: 'NOT_FOUND', details: [{ reason: 'TASK_NOT_FOUND' }] },
    });
  });

  it('asks for version 1.0, since a request without the header means 0.3', async () => {
    const { a2a } = await startUpstreams();

    const rest = await post(`${a2a.url}/message:send`, { message }, {});

    expect(rest.status).toBe(400);
    expect(await rest.json()).toMatchObject({
      error: { details: [{ reason: 'VERSION_NOT_SUPPORTED' }] },
    });
  });

  it('shows a card with both of its bindings', async () => {
    const { a2a } = await startUpstreams();

    const card = await (await fetch(`${a2a.url}/.well-known/agent-card.json`)).json();

    expect(card).toMatchObject({
      capabilities: { streaming: true },
      supportedInterfaces: [
        { url: a2a.url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
        { url: a2a.url, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      ],
    });
  });

  it('says that a task failed where its stream stumbles', async () => {
    const upstreams = await startUpstreams();
    upstreams.a2a.stumble('error-in-stream', { afterEvents: 2 });

    const events = await eventsOf(await rpc(upstreams, 'SendStreamingMessage', { message }));

    expect(events).toHaveLength(3);
    expect(events.at(-1)?.statusUpdate?.status.state).toBe('TASK_STATE_FAILED');
  });
});
