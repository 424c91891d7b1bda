import { DeserializationError, StreamIncompleteError } from '@linkspan/core';
import { MalformedEvent, mcp2025 } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { payloadOf, placeOf, post, readAnswer } from '../read-answer.ts';
import { bytesOf, sseOf } from '../sse-text.ts';
import { call, errorResponse, log, progress, response } from './mcp-messages.ts';

describe('mcp2025', () => {
  it('hands over messages and is complete at the response to its request', async () => {
    const elicit = { jsonrpc: '2.0', id: 1, method: 'elicitation/create', params: {} };
    const { events, partial, outcome } = await readAnswer(
      mcp2025,
      sseOf('', progress, elicit, response()),
      { request: call },
    );

    expect(events).toEqual([progress, elicit, response()]);
    expect(partial).toEqual({
      result: { content: [{ type: 'text', text: 'done' }] },
      text: 'done',
      isError: false,
    });
    expect(outcome).toMatchObject({
      status: 'complete',
      terminator: 'response',
      finishReason: 'response',
      events: 3,
    });
  });

  it('is incomplete wherever its bytes end before the response', async () => {
    const bytes = sseOf('', progress, response());

    // Without the line ends of its last event the standard has no event.
    for (let length = 0; length < bytes.length; length += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one cut after another
      const { error, outcome } = await readAnswer(mcp2025, bytes.slice(0, length), {
        request: call,
      });

      expect(error).toBeInstanceOf(StreamIncompleteError);
      expect(outcome.status).toBe('incomplete');
    }
  });

  it('is incomplete, with the id to go on from, when the server closes it on purpose', async () => {
    const primed = bytesOf('id: a::1\nretry: 1500\ndata:\n\n');
    const { error, outcome } = await readAnswer(mcp2025, primed, { request: call });

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(outcome).toMatchObject({ status: 'incomplete', events: 0, lastEventId: 'a::1' });
  });

  it.each([['7'], [8], ['__proto__']])(
    'is not ended by a response to somebody else: %j',
    async (id) => {
      const foreign = response({}, id);
      const failed = errorResponse(-32_603, id);
      const { events, outcome, partial } = await readAnswer(
        mcp2025,
        sseOf(foreign, failed, response({ content: [] })),
        { request: call },
      );

      expect(events).toHaveLength(3);
      expect(outcome.status).toBe('complete');
      expect(partial.text).toBe('');
      const cut = await readAnswer(mcp2025, sseOf(foreign), { request: call });
      expect(cut.error).toBeInstanceOf(StreamIncompleteError);
      expect(cut.partial.result).toBeUndefined();
    },
  );

  it('is complete at any response when its request is not known', async () => {
    const { outcome } = await readAnswer(mcp2025, sseOf(response({}, 'x'), progress));

    expect(outcome).toMatchObject({ status: 'complete', events: 1 });
  });

  it('waits for the responses to all of the requests that were sent as one', async () => {
    const batch = post(
      '/mcp',
      [1, 2].map((id) => ({ jsonrpc: '2.0', id, method: 'ping' })),
    );
    const first = response({}, 2);

    const whole = await readAnswer(mcp2025, sseOf(first, response({}, 1)), { request: batch });
    const half = await readAnswer(mcp2025, sseOf(first, first), { request: batch });

    expect(whole.outcome).toMatchObject({ status: 'complete', events: 2 });
    expect(half.error).toBeInstanceOf(StreamIncompleteError);
  });

  it('ends at the response, whatever follows it', async () => {
    const { events, outcome } = await readAnswer(mcp2025, sseOf(response(), '{oops', progress), {
      request: call,
    });

    expect(events).toEqual([response()]);
    expect(outcome.status).toBe('complete');
  });

  it('does not take a tool that failed for a stream that failed, and says so', async () => {
    const { partial, outcome } = await readAnswer(mcp2025, sseOf(response({ isError: true })));

    expect(outcome.status).toBe('complete');
    expect(partial.isError).toBe(true);
  });

  it.each([['<html>'], ['42'], ['{"foo":1}'], ['[]'], ['{"jsonrpc":"2.0","id":7}'], ['null']])(
    'hands over an event that is no message, and goes on: %s',
    async (data) => {
      const { events, outcome } = await readAnswer(mcp2025, sseOf(data, progress, response()), {
        request: call,
      });

      const [malformed] = events;
      expect(malformed).toBeInstanceOf(MalformedEvent);
      expect(malformed).toMatchObject({ data, error: expect.any(DeserializationError) });
      expect(outcome).toMatchObject({ status: 'complete', events: 3 });
    },
  );

  it('takes no message for one that is malformed, whatever its members', async () => {
    const forged = { jsonrpc: '2.0', method: 'x', data: 'y', error: { code: 1 } };

    const { events } = await readAnswer(mcp2025, sseOf(forged, response()));

    expect(events[0]).not.toBeInstanceOf(MalformedEvent);
  });

  it('passes on notifications that it does not know', async () => {
    const unknown = { jsonrpc: '2.0', method: 'notifications/of-next-year', x: { y: 1 } };

    const { events } = await readAnswer(mcp2025, sseOf(unknown, response()));

    expect(events[0]).toEqual(unknown);
  });

  it('counts as progress what moves the work on', () => {
    const reader = mcp2025.read({ status: 200, contentType: undefined, headers: {}, secrets: [] });
    const isProgress = (message: unknown): boolean =>
      reader.read({ type: 'message', data: JSON.stringify(message), id: '' }).progress !== false;

    expect(isProgress(progress)).toBe(true);
    expect(isProgress({ jsonrpc: '2.0', id: 1, method: 'elicitation/create' })).toBe(true);
    expect(isProgress({ jsonrpc: '2.0', id: 2, method: 'ping' })).toBe(false);
    expect(isProgress(log)).toBe(false);
    expect(isProgress('oops')).toBe(false);
  });

  it('survives results of the wrong kind', async () => {
    for (const result of [null, [], 'x', { content: [null, 1, { type: 'text', text: 2 }] }]) {
      // oxlint-disable-next-line no-await-in-loop -- one answer after another
      const { partial, outcome } = await readAnswer(
        mcp2025,
        sseOf({ jsonrpc: '2.0', id: 7, result }),
        { request: call },
      );

      expect(outcome.status).toBe('complete');
      expect(partial.text).toBe('');
    }
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});

describe('resuming mcp2025', () => {
  const result = { result: undefined, text: '', isError: false };
  const opened = {
    ...call,
    headers: {
      ...call.headers,
      accept: mcp2025.accept,
      authorization: 'Bearer x',
      'idempotency-key': 'k',
      'mcp-protocol-version': '2025-06-18',
      'mcp-session-id': 's-1',
    },
  };

  it.each([['/mcp'], ['https://agents.example.com/mcp?tenant=1']])(
    'asks the same target, %s, for what is behind the last id',
    (target) => {
      const place = placeOf({ ...opened, target }, result, { lastEventId: 'a::4' });

      expect(mcp2025.resume?.request(place)).toEqual({
        operation: 'GET',
        target,
        headers: {
          accept: 'text/event-stream',
          authorization: 'Bearer x',
          'last-event-id': 'a::4',
          'mcp-protocol-version': '2025-06-18',
          'mcp-session-id': 's-1',
        },
        idempotent: true,
      });
    },
  );

  it('names the session that the answer has begun', () => {
    const begun = (session: string): unknown =>
      mcp2025.resume?.request(
        placeOf(call, result, { lastEventId: '1', headers: { 'mcp-session-id': session } }),
      )?.headers?.['mcp-session-id'];

    expect(begun('s-2')).toBe('s-2');
    expect(begun('s 2\r\nx: y')).toBeUndefined();
  });

  it('cannot be done without an id', () => {
    expect(mcp2025.resume?.request(placeOf(opened, result))).toBeUndefined();
  });
});

describe('cancelling mcp2025', () => {
  const result = { result: undefined, text: '', isError: false };
  const cancel = (request: object): unknown =>
    mcp2025.cancel?.(placeOf(post('/mcp', request), result));

  it('sends notifications/cancelled with the id of the request', () => {
    const headers = { 'mcp-session-id': 's-1', 'idempotency-key': 'k' };
    const request = mcp2025.cancel?.(placeOf(post('/mcp', payloadOf(call), headers), result));

    expect(request).toMatchObject({ operation: 'POST', target: '/mcp', idempotent: true });
    expect(request?.headers).toEqual({
      'content-type': 'application/json',
      'mcp-session-id': 's-1',
    });
    expect(payloadOf(request)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 7 },
    });
  });

  it('is not for what cannot be cancelled so', () => {
    expect(cancel({ jsonrpc: '2.0', id: 1, method: 'initialize' })).toBeUndefined();
    expect(
      cancel({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { task: {} } }),
    ).toBeUndefined();
    expect(cancel({ jsonrpc: '2.0', method: 'notifications/initialized' })).toBeUndefined();
    expect(mcp2025.cancel?.(placeOf({ operation: 'GET', target: '/mcp' }, result))).toBeUndefined();
  });
});
