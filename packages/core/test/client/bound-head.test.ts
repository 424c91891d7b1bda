import { describe, expect, it } from 'vitest';
import { type Middleware, TimeoutError } from '@linkspan/core';
import { SilentBody } from '../endless-body.ts';
import { words } from '../stream/word-dialect.ts';
import { get, never, scene } from './client-scene.ts';

const post = { operation: 'POST', target: '/chat' };
const headers = { 'content-type': 'text/event-stream' };

describe('the first event of client.stream()', () => {
  it('is not waited for longer than firstEventMs when the head never comes', async () => {
    const { client, clock, sent } = scene(never);
    const stream = client.stream(post, { dialect: words, firstEventMs: 700 });
    stream.catch(() => {});
    await clock.advance(699);
    expect(client.inFlight()).toMatchObject([{ phase: 'headers' }]);
    await clock.advance(1);

    await expect(stream).rejects.toMatchObject({
      constructor: TimeoutError,
      message: 'Cannot read the stream: no first event within 700 ms, nor the head of an answer',
      clock: 'firstEventMs',
      code: 'first_event_timeout',
      limitMs: 700,
      elapsedMs: 700,
      phase: 'headers',
      sent: 'maybe',
      transport: 'memory',
    });
    expect(sent).toHaveLength(1);
    expect(client.inFlight()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is waited for 60 s, unless told', async () => {
    const { client, clock } = scene(never);
    const stream = client.stream(post, { dialect: words });
    stream.catch(() => {});
    await clock.advance(60_000);

    await expect(stream).rejects.toMatchObject({ clock: 'firstEventMs', limitMs: 60_000 });
  });

  it('leaves an earlier attemptMs its name', async () => {
    const { client, clock } = scene(never);
    const stream = client.stream(post, { dialect: words, attemptMs: 500, firstEventMs: 700 });
    stream.catch(() => {});
    await clock.advance(500);

    await expect(stream).rejects.toMatchObject({ clock: 'attemptMs', limitMs: 500 });
  });

  it('has the time of each attempt, when trying again is safe', async () => {
    const { client, clock, sent } = scene(never, { retry: { maxRetries: 1, baseDelayMs: 0 } });
    const stream = client.stream(get, { dialect: words, firstEventMs: 700 });
    stream.catch(() => {});
    await clock.advance(700);
    expect(sent).toHaveLength(2);
    await clock.advance(700);

    await expect(stream).rejects.toMatchObject({ clock: 'firstEventMs', attempts: 2 });
  });

  it('has what the wait for the head has left of firstEventMs', async () => {
    const body = new SilentBody();
    const { client, clock } = scene(async () => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 400));
      return { headers, body };
    });
    const opening = client.stream(post, { dialect: words, firstEventMs: 700 });
    await clock.advance(400);
    const stream = await opening;
    // A reader who does not wait is not the fault of the peer.
    await clock.advance(5_000);
    const result = stream.result();
    result.catch(() => {});
    await clock.advance(299);
    expect(body.releases).toBe(0);
    await clock.advance(1);

    await expect(result).rejects.toMatchObject({
      clock: 'firstEventMs',
      limitMs: 700,
      elapsedMs: 700,
      phase: 'body',
    });
    expect(body.releases).toBe(1);
  });

  it('keeps to the shorter attemptMs that a middleware sets', async () => {
    const hurry: Middleware = (next) => (request, context) =>
      next(request, { ...context, attemptMs: 100 });
    const { client, clock } = scene(never, { middleware: [hurry] });
    const stream = client.stream(post, { dialect: words, firstEventMs: 700 });
    stream.catch(() => {});
    await clock.advance(100);

    await expect(stream).rejects.toMatchObject({ clock: 'attemptMs', limitMs: 100 });
  });

  it('is no concern of a request, nor of a channel', async () => {
    const { client, clock } = scene(never, { firstEventMs: 700, totalMs: Infinity });
    client.request(get).catch(() => {});
    client.open(post).catch(() => {});
    await clock.advance(700);

    expect(client.inFlight()).toHaveLength(2);
    await client.close();
  });
});
