import {
  InvalidRequestError,
  MessageTooLargeError,
  NotFoundError,
  ProtocolError,
  RateLimitError,
  ServerError,
  StreamIncompleteError,
} from '@linkspan/core';
import { decodeStream, mcp2025, mcp2026 } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../read-answer.ts';
import { splitBySize } from '../split-bytes.ts';
import { bytesOf, sseOf } from '../sse-text.ts';
import { call, errorResponse, progress, response } from './mcp-messages.ts';

describe.each([mcp2025, mcp2026])('an error response of $name', (dialect) => {
  it.each([
    [-32_700, InvalidRequestError],
    [-32_600, InvalidRequestError],
    [-32_601, NotFoundError],
    [-32_602, InvalidRequestError],
    [-32_603, ServerError],
    [-32_002, NotFoundError],
    [-32_020, InvalidRequestError],
    [-32_021, InvalidRequestError],
    [-32_022, InvalidRequestError],
    [-32_042, InvalidRequestError],
    [-32_000, ServerError],
    [429, RateLimitError],
    [1, ServerError],
  ])('with the code %i fails the stream', async (code, errorClass) => {
    const { events, error, outcome } = await readAnswer(
      dialect,
      sseOf(progress, errorResponse(code), response()),
      { request: call },
    );

    expect(events).toHaveLength(2);
    expect(error).toBeInstanceOf(errorClass);
    expect((error as ServerError).message).toContain(String(code));
    expect((error as ServerError).body).toContain('because');
    expect((error as ServerError).requestId).toBe('req_1');
    expect(outcome).toMatchObject({ status: 'failed', error });
  });

  it('may be the first event, or name no request', async () => {
    for (const id of [7, null, undefined]) {
      // oxlint-disable-next-line no-await-in-loop -- one answer after another
      const { error } = await readAnswer(dialect, sseOf(errorResponse(-32_601, id)), {
        request: call,
      });

      expect(error).toMatchObject({
        message: 'Cannot complete the stream: the peer reports -32601, MethodNotFound: Sorry',
      });
    }
  });

  it('shows no credential that the peer echoes', async () => {
    const error = { code: -32_602, message: 'Bad key sk-abcdefghijkl.' };
    const read = await readAnswer(dialect, sseOf({ jsonrpc: '2.0', id: 7, error }));

    expect(String(read.error)).not.toContain('abcdefghijkl');
  });
});

describe.each([mcp2025, mcp2026])('an answer of $name that is one JSON document', (dialect) => {
  const json = { request: call, contentType: 'application/json' };
  const body = bytesOf(JSON.stringify(response(), undefined, 2));

  it('is a stream of one event, however its bytes are split', async () => {
    for (const size of [body.length, 1, 7]) {
      // oxlint-disable-next-line no-await-in-loop -- one split after another
      const { events, partial, outcome } = await readAnswer(dialect, splitBySize(body, size), json);

      expect(events).toEqual([response()]);
      expect(partial.text).toBe('done');
      expect(outcome).toMatchObject({ status: 'complete', terminator: 'response', events: 1 });
    }
  });

  it('fails as its error says', async () => {
    const failed = bytesOf(JSON.stringify(errorResponse(-32_020)));

    const { events, error } = await readAnswer(dialect, failed, json);

    expect(events).toHaveLength(1);
    expect(error).toBeInstanceOf(InvalidRequestError);
  });

  it('is incomplete when it was cut, is empty, or answers somebody else', async () => {
    const foreign = bytesOf(JSON.stringify(response({}, 8)));
    const cuts = Array.from(body, (_, length) => body.slice(0, length));

    for (const bytes of [...cuts, foreign]) {
      // oxlint-disable-next-line no-await-in-loop -- one cut after another
      const { events, error } = await readAnswer(dialect, bytes, json);

      expect(events).toHaveLength(bytes === foreign ? 1 : 0);
      expect(error).toBeInstanceOf(StreamIncompleteError);
    }
  });

  it('fails as a proxy says, which speaks no JSON-RPC', async () => {
    const detail = await readAnswer(dialect, bytesOf('{"detail":"Slow down."}'), json);
    const error = await readAnswer(dialect, bytesOf('{"error":"rate limited"}'), json);

    expect(detail.error).toBeInstanceOf(ServerError);
    expect(String(detail.error)).toContain('Slow down');
    expect(error.outcome).toMatchObject({ status: 'failed', events: 0 });
  });

  it('is held to the limits of an event and a stream', async () => {
    const read = async (limits: object): Promise<unknown> =>
      await decodeStream(splitBySize(body, 7), dialect, {
        headers: { 'content-type': 'application/json' },
        limits,
      })
        .result()
        .catch((error: unknown) => error);

    expect(await read({ maxEventBytes: body.length })).toMatchObject({ text: 'done' });
    const tooLong = await read({ maxEventBytes: body.length - 1 });
    expect(tooLong).toBeInstanceOf(MessageTooLargeError);
    expect(tooLong).toMatchObject({ message: expect.stringContaining('maxEventBytes') });
    expect(await read({ maxStreamBytes: 10 })).toMatchObject({ code: 'body_too_large' });
  });

  it('keeps characters whole and drops a byte order mark', async () => {
    const text = { content: [{ type: 'text', text: 'Straße 🚢' }] };
    const bytes = bytesOf(`\u{feff}${JSON.stringify(response(text))}`);

    const { partial } = await readAnswer(dialect, splitBySize(bytes, 1), json);

    expect(partial.text).toBe('Straße 🚢');
  });

  it('is no page of HTML', async () => {
    const { error } = await readAnswer(dialect, bytesOf('<html>'), {
      request: call,
      contentType: 'text/html',
    });

    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code: 'sse_content_type' });
  });
});
