import { ConfigurationError } from '@linkspan/core';
import { ManualClock } from '@linkspan/concurrency';
import { describe, expect, it, vi } from 'vitest';
import { type MockUpstreams, mockUpstreams } from '../../src/upstreams/mock-upstreams.ts';
import type { Stumble } from '../../src/upstreams/stumble.ts';
import { startUpstreams } from './start-upstreams.ts';

/** What fetch says of a body that breaks off. */
const BROKEN = 'terminated';

async function chat({ openai }: MockUpstreams, more: object = {}): Promise<Response> {
  return await fetch(`${openai.baseUrl}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'one two' }], ...more }),
  });
}

async function statuses(upstreams: MockUpstreams, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) {
    // oxlint-disable-next-line no-await-in-loop -- stumbles go by the order of arrival
    const response = await chat(upstreams);
    found.push(response.status);
    // oxlint-disable-next-line no-await-in-loop -- as above
    await response.text();
  }
  return found;
}

describe('mockUpstreams()', () => {
  it('gives the same answers for the same seed, and others for another', async () => {
    const answer = async (seed: number): Promise<string> => {
      await using upstreams = await mockUpstreams({ seed, clock: new ManualClock() });
      return await (await chat(upstreams, { stream: true })).text();
    };

    const [first, second, other] = await Promise.all([answer(1), answer(1), answer(2)]);

    expect(first).toBe(second);
    expect(first).not.toBe(other);
  });

  it('takes its pauses from the clock that it is given', async () => {
    const clock = new ManualClock();
    const upstreams = await startUpstreams({ clock, pace: { firstEventMs: 1000, eventMs: 100 } });
    const asked = chat(upstreams, { stream: true });
    await vi.waitUntil(() => clock.pendingTimers > 0);
    expect(upstreams.requests[0]?.state).toBe('open');

    await clock.advance(2000);

    expect(await (await asked).text()).toContain('[DONE]');
    expect(clock.pendingTimers).toBe(0);
  });

  it('tells everything that is wrong with its options, replies and stumbles', async () => {
    const upstreams = await startUpstreams();
    const wrong = mockUpstreams({ port: -1, pace: { eventMs: Infinity }, speed: 1 } as object);

    await expect(wrong).rejects.toThrow(ConfigurationError);
    await expect(wrong).rejects.toThrow(
      /port: expected an integer from 0 to 65535[^]*pace\.eventMs/,
    );
    const { openai } = upstreams;
    expect(() => openai.stumble('flood' as 'html')).toThrow("kind: expected one of 'rate-limit'");
    expect(() => openai.stumble('html', { status: 100, times: 0 })).toThrow(/status[^]*times/);
    expect(() => openai.stumble('quota', { retryAfterMs: 5 } as object)).toThrow('retryAfterMs');
    expect(() => openai.reply({ text: 7 } as object)).toThrow('text: expected text, found 7');
  });

  it('rejects from close() with what a function of the author threw', async () => {
    const upstreams = await mockUpstreams();
    upstreams.openai.reply(() => {
      throw new RangeError('There is no berth 9');
    });

    const response = await chat(upstreams);

    expect(response.status).toBe(500);
    expect(await response.text()).toContain('There is no berth 9');
    await expect(upstreams.close()).rejects.toThrow('There is no berth 9');
  });

  it('tells who is there when nobody is at a path', async () => {
    const { origin, requests } = await startUpstreams();

    const response = await fetch(`${origin}/v1/chat/completions`);

    expect(response.status).toBe(404);
    expect(await response.text()).toContain('/openai/v1, /anthropic');
    expect(requests).toMatchObject([{ upstream: undefined, path: '/v1/chat/completions' }]);
  });

  it('breaks what is open when it closes, and can be closed twice', async () => {
    const upstreams = await mockUpstreams();
    upstreams.openai.stumble('stall', { afterEvents: 1 });
    const response = await chat(upstreams, { stream: true });

    await Promise.all([upstreams.close(), upstreams.close()]);

    await expect(response.text()).rejects.toThrow(BROKEN);
    await expect(chat(upstreams)).rejects.toThrow('fetch failed');
  });

  it('rejects when its port is taken', async () => {
    const { origin } = await startUpstreams();

    const second = mockUpstreams({ port: Number(new URL(origin).port) });

    await expect(second).rejects.toThrow('EADDRINUSE');
  });

  it('frees its port for another', async () => {
    const upstreams = await mockUpstreams();
    const port = Number(new URL(upstreams.origin).port);
    await upstreams.close();

    const again = await startUpstreams({ port });

    expect(again.origin).toBe(upstreams.origin);
    expect((await chat(again)).status).toBe(200);
  });

  it('tells when a client left before the end', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.stumble('stall', { afterEvents: 1 });
    const controller = new AbortController();
    const response = await fetch(`${upstreams.openai.baseUrl}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages: [], stream: true }),
      signal: controller.signal,
    });

    controller.abort();

    await expect(response.text()).rejects.toThrow('aborted');
    await vi.waitUntil(() => upstreams.requests[0]?.state !== 'open');
    expect(upstreams.requests[0]?.state).toBe('left');
  });

  it('forgets what was scripted, and keeps what it was sent', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.stumble('server-error', { times: Infinity });
    upstreams.openai.reply({ text: 'scripted' });
    await chat(upstreams);

    upstreams.openai.reset();

    expect(await (await chat(upstreams)).text()).toContain('You said: one two');
    expect(upstreams.openai.requests).toHaveLength(2);
  });
});

describe('upstream.stumble()', () => {
  it('has the next request stumble, and no other', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.stumble('overloaded');
    upstreams.openai.stumble('server-error', { times: 2 });

    expect(await statuses(upstreams, 4)).toEqual([503, 500, 500, 200]);
  });

  it('leaves the other upstreams alone', async () => {
    const upstreams = await startUpstreams();
    upstreams.anthropic.stumble('overloaded', { times: Infinity });

    expect(await statuses(upstreams, 1)).toEqual([200]);
  });

  it('goes by a condition, and by a function that gives the stumble as data', async () => {
    const upstreams = await startUpstreams();
    const stumbles: (Stumble | undefined)[] = [
      { kind: 'html', status: 502 },
      undefined,
      { kind: 'error-body' },
    ];
    upstreams.openai.stumble('rate-limit', { when: ({ headers }) => 'x-slow' in headers });
    upstreams.openai.stumble(() => stumbles.shift());

    const [page, , error] = [await chat(upstreams), await chat(upstreams), await chat(upstreams)];

    expect([page?.status, page?.headers.get('content-type')]).toEqual([
      502,
      'text/html; charset=utf-8',
    ]);
    expect([error?.status, await error?.json()]).toMatchObject([200, { error: {} }]);
  });

  it('goes by chance, the same way for the same seed', async () => {
    const run = async (seed: number): Promise<number[]> => {
      const upstreams = await startUpstreams({ seed });
      upstreams.openai.stumble('server-error', { probability: 0.5 });
      return await statuses(upstreams, 20);
    };

    const [first, second, other] = [await run(1), await run(1), await run(2)];

    expect(first).toEqual(second);
    expect(first).not.toEqual(other);
    expect(new Set(first)).toEqual(new Set([200, 500]));
  });

  it('cuts a stream behind so many events, by its end or by a reset', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.stumble('cut-stream', { afterEvents: 2 });
    upstreams.openai.stumble('cut-stream', { afterEvents: 2, how: 'reset' });

    const cut = await (await chat(upstreams, { stream: true })).text();
    const reset = (await chat(upstreams, { stream: true })).text();

    expect(cut.match(/^data: /gm)).toHaveLength(2);
    expect(cut).not.toContain('finish_reason":"stop"');
    await expect(reset).rejects.toThrow(BROKEN);
    expect(upstreams.requests.map(({ state }) => state)).toEqual(['broken', 'broken']);
  });

  it('takes a request and says nothing', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.stumble('no-answer');
    const controller = new AbortController();
    const asked = fetch(`${upstreams.openai.baseUrl}/models`, { signal: controller.signal });
    await vi.waitUntil(() => upstreams.requests.length === 1);

    controller.abort();

    await expect(asked).rejects.toThrow('aborted');
    await vi.waitUntil(() => upstreams.requests[0]?.state === 'left');
  });

  it('breaks an answer that is no stream in the middle of its body', async () => {
    const upstreams = await startUpstreams();
    upstreams.openai.stumble('cut-stream');

    const response = await chat(upstreams);

    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow(BROKEN);
  });
});
