import { getEventListeners } from 'node:events';
import {
  AuthenticationError,
  BadGatewayError,
  ConflictError,
  GatewayTimeoutError,
  InvalidRequestError,
  NotFoundError,
  OverloadedError,
  PermissionError,
  QuotaExhaustedError,
  RateLimitError,
  RequestTimeoutError,
  RequestTooLargeError,
  ServerError,
  StatusError,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { provide, say, type Way, ways } from '../provider-clients.ts';
import { contextOf } from '../transport-call.ts';

const statuses = [
  [400, InvalidRequestError],
  [401, AuthenticationError],
  [402, QuotaExhaustedError],
  [403, PermissionError],
  [404, NotFoundError],
  [405, StatusError],
  [408, RequestTimeoutError],
  [409, ConflictError],
  [412, StatusError],
  [413, RequestTooLargeError],
  [422, InvalidRequestError],
  [429, RateLimitError],
  [431, StatusError],
  [499, StatusError],
  [500, ServerError],
  [501, ServerError],
  [502, BadGatewayError],
  [503, OverloadedError],
  [504, GatewayTimeoutError],
  [507, ServerError],
  [529, OverloadedError],
] as const;

/** How a call fails, whole and as a stream. */
async function failuresOf(way: Way, options: Parameters<typeof provide>[1] = {}) {
  const { client, upstream } = await provide(way, { retry: false, ...options });
  const fail = (call: PromiseLike<unknown>): Promise<StatusError> =>
    Promise.resolve(call).then(
      () => Promise.reject(new Error('Expected the call to fail')),
      (error: unknown) => error as StatusError,
    );
  return {
    client,
    upstream,
    whole: () => fail(client.chat(say('Hello'))),
    streamed: () => fail(client.stream(say('Hello')).result()),
  };
}

describe.each(ways)('R24 a failure of %s', (way) => {
  it('U13 is of the class of its status, whole and streamed', async () => {
    const { upstream, whole, streamed } = await failuresOf(way);

    for (const [status, ErrorClass] of statuses) {
      upstream.reply({ refuse: { status, message: 'Because' } }, { times: 2 });
      for (const call of [whole, streamed]) {
        // oxlint-disable-next-line no-await-in-loop -- one status after another
        const error = await call();
        expect(error.constructor, String(status)).toBe(ErrorClass);
        expect(error).toMatchObject({ status, sent: 'yes', attempts: 1 });
        expect(error.transport).toBe(`sdk:${way.split(' ')[0]}`);
        expect(error.requestId).toMatch(/^req_/);
        expect(error.message).toContain('Because');
      }
    }
  });

  it('is tried again when waiting cures it, as long as the provider asks', async () => {
    const { client, upstream } = await provide(way, { retry: { baseDelayMs: 1 } });
    upstream.stumble('rate-limit', { retryAfterMs: 1 });
    upstream.stumble('overloaded', { retryAfterMs: 1 });

    const response = await client.chat(say('Hello'));

    expect(response.text).toBe('You said: Hello');
    expect(upstream.requests.map(({ stumble }) => stumble)).toEqual([
      'rate-limit',
      'overloaded',
      undefined,
    ]);
    expect(upstream.requests.map(({ headers }) => headers['x-stainless-retry-count'])).toEqual([
      '0',
      '1',
      '2',
    ]);
  });

  it('is not tried again when the money is used up', async () => {
    const { upstream, whole } = await failuresOf(way, { retry: { baseDelayMs: 1 } });
    upstream.stumble('quota');

    const error = await whole();

    expect(error).toBeInstanceOf(QuotaExhaustedError);
    expect(error.retryable).toBe('no');
    expect(upstream.requests).toHaveLength(1);
  });

  it('is told at once when the provider asks to wait beyond the deadline', async () => {
    const { upstream, whole } = await failuresOf(way, { retry: {}, totalMs: 5_000 });
    upstream.stumble('rate-limit', { retryAfterMs: 60_000 });

    const error = await whole();

    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.retryAfterMs).toBe(60_000);
    expect(upstream.requests).toHaveLength(1);
  });

  it('does not have a request sent again that may have been processed', async () => {
    const { upstream, whole } = await failuresOf(way, { retry: { baseDelayMs: 1 } });
    upstream.stumble('reset-before-head');

    const error = await whole();

    expect(error).toMatchObject({ kind: 'network', sent: 'maybe' });
    expect(upstream.requests).toHaveLength(1);
  });

  it('has it sent again with an idempotency key', async () => {
    const { client, upstream } = await provide(way, { retry: { baseDelayMs: 1 } });
    upstream.stumble('server-error');

    await client.chat(say('Hello'), { headers: { 'idempotency-key': 'once' } });

    expect(upstream.requests.map(({ headers }) => headers['idempotency-key'])).toEqual([
      'once',
      'once',
    ]);
  });

  it('is what an error in a 200 says', async () => {
    const { upstream, whole } = await failuresOf(way);
    upstream.stumble('error-body');

    expect(await whole()).toBeInstanceOf(StatusError);
  });

  it('is told before anything is sent where a value cannot be written', async () => {
    const { client, upstream } = await failuresOf(way);
    const unwritable = { seed_of_tides: 1n };
    const providerOptions = {
      openai: unwritable,
      openaiResponses: unwritable,
      anthropic: unwritable,
    };

    const call = client.chat({ ...say('Hello'), providerOptions });

    await expect(call).rejects.toMatchObject({ name: 'SerializationError', sent: 'no' });
    expect(upstream.requests).toHaveLength(0);
  });

  it('is that of an answer that cannot be read', async () => {
    const { upstream, whole } = await failuresOf(way);
    upstream.stumble('html');

    expect(await whole()).toMatchObject({
      kind: 'message',
      transport: expect.any(String) as string,
    });
  });

  it.each(['reset-in-head', 'cut-stream'] as const)('is that of the wire (%s)', async (kind) => {
    const { upstream, whole, streamed } = await failuresOf(way);
    upstream.stumble(kind);
    expect((await whole()).kind).toMatch(/network|protocol/);
    upstream.stumble(kind);
    expect((await streamed()).kind).toMatch(/network|stream-incomplete/);
  });

  it('is that of the clock of one attempt, or of the whole call', async () => {
    const { client, upstream } = await failuresOf(way);

    for (const clock of ['attemptMs', 'totalMs'] as const) {
      upstream.stumble('no-answer');
      // oxlint-disable-next-line no-await-in-loop -- one clock after another
      await expect(client.chat(say('Hello'), { [clock]: 30 })).rejects.toMatchObject({
        kind: 'timeout',
        clock,
      });
    }
  });
});

describe.each(ways)('the end of a call with %s', (way) => {
  it.each(['no-answer', 'stall'] as const)(
    "is the caller's, by its own reason (%s)",
    async (kind) => {
      const { client, upstream } = await provide(way);
      const controller = new AbortController();
      const reason = { mine: true };
      upstream.stumble(kind);

      const call = client.chat(say('Hello'), { signal: controller.signal });
      await expect.poll(() => upstream.requests.length).toBe(1);
      controller.abort(reason);

      await expect(call).rejects.toBe(reason);
      await expect.poll(() => upstream.requests[0]?.state).toBe('left');
    },
  );

  it('is there before anything is sent when the caller has aborted', async () => {
    const { client, upstream } = await provide(way);
    const reason = new Error('No longer');

    const call = client.chat(say('Hello'), { signal: AbortSignal.abort(reason) });

    await expect(call).rejects.toBe(reason);
    expect(upstream.requests).toHaveLength(0);
  });

  it('comes while the SDK is loaded, too', async () => {
    const { client, upstream } = await provide(way);
    const controller = new AbortController();
    const reason = new Error('No longer');

    const request = client.transport.prepare({ ...say('Hello'), model: 'm' });
    const call = client.transport.send(request, contextOf({ signal: controller.signal }));
    controller.abort(reason);

    await expect(call).rejects.toBe(reason);
    expect(upstream.requests).toHaveLength(0);
  });

  it('is in the middle of a stream by the reason of the caller', async () => {
    const { client, upstream } = await provide(way);
    const controller = new AbortController();
    const reason = new Error('Enough');
    upstream.reply({ chunks: Array.from({ length: 20 }, (_, index) => ` ${index}`) });
    upstream.stumble('stall');

    const stream = await client.stream(say('Count'), { signal: controller.signal });
    const reading = (async () => {
      for await (const event of stream) if (event.type === 'text') controller.abort(reason);
    })();

    await expect(reading).rejects.toBe(reason);
    expect((await stream.outcome).status).toBe('cancelled');
    await expect.poll(() => upstream.requests[0]?.state).toBe('left');
  });

  it('leaves no listener on the signal of its caller', async () => {
    const { client } = await provide(way);
    const { signal } = new AbortController();

    await client.chat(say('Hello'), { signal });
    await client.stream(say('Hello'), { signal }).result();

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('is awaited by close(), for as long as it may drain', async () => {
    const { client, upstream } = await provide(way);
    upstream.reply({ text: 'Late', pace: { firstEventMs: 30 } });

    const call = client.chat(say('Hello'));
    await expect.poll(() => upstream.requests.length).toBe(1);
    await client.close({ drainMs: 5_000 });

    expect((await call).text).toBe('Late');
    await expect(client.chat(say('Hello'))).rejects.toMatchObject({ kind: 'closed', sent: 'no' });
  });
});
