import { getEventListeners } from 'node:events';
import type { Outcome, StreamOptions } from '@linkspan/core';
import { type ChatCompletionChunk, type ChatResult, openaiChat } from '@linkspan/dialects';
import { createHttpClient, type HttpClient } from '@linkspan/http';
import {
  type FallbackNotice,
  type FallbackStream,
  streamWithFallback,
  type StreamWayOptions,
  type WayLimits,
} from '@linkspan/resilience';
import type { MockUpstreams, StumbleKind } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startUpstreams } from './testkit/start-upstreams.ts';

type Upstream = MockUpstreams['openai'];
type ChatStream = FallbackStream<ChatCompletionChunk, ChatResult>;

interface Scene {
  /** Asks the first upstream, then the second. */
  readonly stream: ChatStream;
  readonly client: HttpClient;
  readonly first: Upstream;
  readonly second: Upstream;
  readonly notices: readonly FallbackNotice[];
}

const LIMITS = { firstEventMs: 200, eventIdleMs: 100 };

async function scene(
  stumbles: (first: Upstream) => void,
  options: StreamWayOptions = {},
  given: Partial<StreamOptions<ChatCompletionChunk, ChatResult>> = LIMITS,
): Promise<Scene> {
  const [{ openai: first }, { openai: second }] = [await startUpstreams(), await startUpstreams()];
  first.reply({ chunks: ['The', ' first', ' way', ' answers'] });
  second.reply({ chunks: ['The', ' second', ' way', ' answers'] });
  stumbles(first);
  const client = createHttpClient({ retry: false });
  onTestFinished(() => client.close());
  const ask = { model: 'm', messages: [{ role: 'user', content: 'Who answers?' }], stream: true };
  const from = (upstream: Upstream) => (limits: WayLimits) =>
    client.postStream(`${upstream.baseUrl}/chat/completions`, ask, {
      dialect: openaiChat,
      ...given,
      ...limits,
    });
  const notices: FallbackNotice[] = [];
  const onFallback = (notice: FallbackNotice): number => notices.push(notice);
  const stream = streamWithFallback([from(first), from(second)], { onFallback, ...options });
  return { stream, client, first, second, notices };
}

/** What a reader of the stream is given, and how it ends for it. */
async function read(
  stream: ChatStream,
): Promise<{ readonly text: string; readonly error: unknown; readonly outcome: Outcome }> {
  let text = '';
  let error: unknown;
  try {
    for await (const { choices } of stream) text += choices[0]?.delta?.content ?? '';
  } catch (thrown) {
    error = thrown;
  }
  return { text, error, outcome: await stream.outcome };
}

async function expectNothingLeft({ client, first, second }: Scene): Promise<void> {
  expect(client.inFlight()).toEqual([]);
  await expect
    .poll(() => [...first.requests, ...second.requests].some(({ state }) => state === 'open'))
    .toBe(false);
}

describe('streamWithFallback(), of a client', () => {
  it.each<StumbleKind>([
    'rate-limit',
    'overloaded',
    'server-error',
    'quota',
    'reset-before-head',
    'reset-in-head',
    'no-answer',
    'html',
    'error-body',
  ])('goes the second way when the first has no stream (%s)', async (kind) => {
    const all = await scene((first) => first.stumble(kind));

    expect(await read(all.stream)).toMatchObject({
      text: 'The second way answers',
      error: undefined,
      outcome: { status: 'complete', finishReason: 'stop' },
    });

    expect(all.notices).toMatchObject([{ way: 1, events: 0 }]);
    expect((await all.stream.result()).text).toBe('The second way answers');
    await expectNothingLeft(all);
  });

  it.each<StumbleKind>(['cut-stream', 'stall', 'error-in-stream'])(
    'goes the second way when the first breaks before its first event (%s)',
    async (kind) => {
      const all = await scene((first) => first.stumble(kind, { afterEvents: 0 } as object));

      expect(await read(all.stream)).toMatchObject({
        text: 'The second way answers',
        error: undefined,
        outcome: { status: 'complete' },
      });

      expect(all.notices).toMatchObject([{ way: 1, events: 0 }]);
      await expectNothingLeft(all);
    },
  );

  const breaks: readonly (readonly [StumbleKind, object, object])[] = [
    ['cut-stream', {}, { kind: 'stream-incomplete' }],
    ['cut-stream', { how: 'reset' }, { kind: 'network' }],
    ['stall', {}, { kind: 'timeout', clock: 'eventIdleMs' }],
    ['error-in-stream', {}, { kind: 'http' }],
  ];

  it.each(breaks)('fails when the first breaks behind (%s %j)', async (kind, details, failure) => {
    const all = await scene((first) => first.stumble(kind, details));

    const { text, error, outcome } = await read(all.stream);

    expect(text).toMatch(/^The first/);
    expect(error).toMatchObject(failure);
    expect(outcome.status).not.toBe('complete');
    expect(outcome.error).toBe(error);
    expect(all.stream.partial?.text).toBe(text);
    expect(all.second.requests).toEqual([]);
    await expectNothingLeft(all);
  });

  it.each(breaks)('starts over when it may (%s %j)', async (kind, details) => {
    const all = await scene((first) => first.stumble(kind, details), { restart: true });

    const { text, outcome } = await read(all.stream);

    expect(text).toMatch(/^The first.*The second way answers$/);
    expect(outcome).toMatchObject({ status: 'complete' });
    expect(all.stream.partial?.text).toBe('The second way answers');
    expect(all.notices).toMatchObject([{ way: 1 }]);
    expect(all.notices[0]!.events).toBeGreaterThan(0);
    await expectNothingLeft(all);
  });

  it('names both ways when both fail', async () => {
    const all = await scene((first) => first.stumble('overloaded'));
    all.second.stumble('reset-before-head');

    const { error, outcome } = await read(all.stream);

    expect(error).toMatchObject({
      kind: 'network',
      attempts: 2,
      message: expect.stringMatching(/; what was tried before it had failed, too: 1\. .*503/),
    });
    expect(outcome).toMatchObject({ status: 'failed', error });
    await expectNothingLeft(all);
  });

  it('spans both ways with its deadline', async () => {
    const patient = { firstEventMs: 60_000, eventIdleMs: 60_000 };
    const all = await scene((first) => first.stumble('overloaded'), { totalMs: 150 }, patient);
    all.second.stumble('stall');

    const { text, error, outcome } = await read(all.stream);

    expect(text).toMatch(/^The second/);
    expect(error).toMatchObject({ kind: 'timeout', clock: 'totalMs' });
    expect(outcome.status).toBe('failed');
    await expectNothingLeft(all);
  });

  it.each(['abort', 'cancel', 'break'] as const)('frees the wire by %s', async (how) => {
    const caller = new AbortController();
    const reason = new Error('left');
    const options = { signal: caller.signal, restart: true };
    const all = await scene((first) => first.stumble('cut-stream'), options);
    all.second.stumble('stall');
    const { stream } = all;

    const reading = (async () => {
      for await (const _ of stream) {
        if (stream.way === 0) continue;
        if (how === 'abort') caller.abort(reason);
        else if (how === 'cancel') await stream.cancel();
        else break;
      }
    })();

    expect(await reading.catch((error: unknown) => error)).toBe(
      how === 'abort' ? reason : undefined,
    );
    expect(await stream.outcome).toMatchObject({ status: 'cancelled' });
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
    await expectNothingLeft(all);
    expect(all.second.requests).toMatchObject([{ state: 'left' }]);
  });

  it('leaves the answer that is waited for when it is aborted between two ways', async () => {
    const caller = new AbortController();
    const reason = new Error('left');
    const all = await scene((first) => first.stumble('server-error'), { signal: caller.signal });
    all.second.stumble('no-answer');
    const reading = read(all.stream);
    await expect.poll(() => all.second.requests.length).toBe(1);
    caller.abort(reason);

    expect(await reading).toMatchObject({ text: '', error: reason, outcome: { events: 0 } });
    await expectNothingLeft(all);
    expect(all.second.requests).toMatchObject([{ state: 'left' }]);
  });
});
