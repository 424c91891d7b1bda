import { existsSync, readFileSync } from 'node:fs';
import {
  AuthenticationError,
  BadGatewayError,
  ConflictError,
  type FailedAnswer,
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
  statusError,
  TransportError,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';

const SAMPLES = new URL('../../../../../shared/wire-samples/errors.json', import.meta.url);

const json = (value: unknown): Pick<FailedAnswer, 'body' | 'headers'> => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

describe('statusError()', () => {
  it.each([
    [400, InvalidRequestError, 'invalid_request', 'no'],
    [401, AuthenticationError, 'authentication', 'no'],
    [402, QuotaExhaustedError, 'quota_exhausted', 'no'],
    [403, PermissionError, 'permission', 'no'],
    [404, NotFoundError, 'not_found', 'no'],
    [405, StatusError, 'http_status', 'no'],
    [408, RequestTimeoutError, 'request_timeout', 'if-idempotent'],
    [409, ConflictError, 'conflict', 'no'],
    [413, RequestTooLargeError, 'request_too_large', 'no'],
    [422, InvalidRequestError, 'invalid_request', 'no'],
    [425, StatusError, 'http_status', 'if-idempotent'],
    [429, RateLimitError, 'rate_limit', 'yes'],
    [500, ServerError, 'server_error', 'if-idempotent'],
    [501, ServerError, 'server_error', 'no'],
    [502, BadGatewayError, 'bad_gateway', 'if-idempotent'],
    [503, OverloadedError, 'unavailable', 'if-idempotent'],
    [504, GatewayTimeoutError, 'gateway_timeout', 'if-idempotent'],
    [529, OverloadedError, 'overloaded', 'yes'],
    [520, BadGatewayError, 'bad_gateway', 'if-idempotent'],
    [522, GatewayTimeoutError, 'gateway_timeout', 'if-idempotent'],
    [524, GatewayTimeoutError, 'gateway_timeout', 'if-idempotent'],
    [599, ServerError, 'server_error', 'if-idempotent'],
  ] as const)('R17 R24 U13 tells status %d by its class', (status, errorClass, code, retryable) => {
    const error = statusError({ status });

    expect(error.constructor).toBe(errorClass);
    expect(error).toMatchObject({ status, code, retryable, kind: 'http', sent: 'yes' });
    expect(error.message).toBe(`Cannot get an answer: the peer refused with status ${status}`);
    expect(error).toBeInstanceOf(StatusError);
    expect(error).toBeInstanceOf(TransportError);
  });

  it('tells that money is used up from that the rate is', () => {
    const spent = statusError({
      status: 429,
      ...json({
        error: { message: 'You exceeded your current quota', code: 'insufficient_quota' },
      }),
    });
    const fast = statusError({
      status: 429,
      ...json({ error: { message: 'Slow down.', code: 'rate_limit_exceeded' } }),
    });

    expect(spent).toBeInstanceOf(QuotaExhaustedError);
    expect(spent.retryable).toBe('no');
    expect(fast).toBeInstanceOf(RateLimitError);
    expect(fast.message).toMatch(/status 429: Slow down$/);
  });

  it('obeys x-should-retry both ways', () => {
    expect(statusError({ status: 409, headers: { 'x-should-retry': 'true' } }).retryable).toBe(
      'yes',
    );
    expect(statusError({ status: 500, headers: { 'x-should-retry': 'false' } }).retryable).toBe(
      'no',
    );
    expect(statusError({ status: 400, headers: { 'x-should-retry': 'maybe' } }).retryable).toBe(
      'no',
    );
  });

  it('takes the hint to wait, which also proves that a 503 did nothing', () => {
    const error = statusError({ status: 503, headers: { 'retry-after': '2' } });

    expect(error).toMatchObject({ retryAfterMs: 2000, retryable: 'yes' });
  });

  it('tells a secondary rate limit from a lack of permission', () => {
    expect(statusError({ status: 403, headers: { 'retry-after': '60' } })).toBeInstanceOf(
      RateLimitError,
    );
    expect(statusError({ status: 403, headers: { 'x-ratelimit-remaining': '0' } })).toBeInstanceOf(
      RateLimitError,
    );
  });

  it('waits for the reset of what is used up, or as the body says, where no header says how long', () => {
    const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '2s' };

    expect(statusError({ status: 429, headers }).retryAfterMs).toBe(2000);
    expect(statusError({ status: 429, body: 'Please try again in 6m0s.' }).retryAfterMs).toBe(
      360_000,
    );
    expect(statusError({ status: 400, headers }).retryAfterMs).toBeUndefined();
  });

  it('finds the name of the request in the headers, then in the body', () => {
    const body = JSON.stringify({ type: 'error', error: {}, request_id: 'req_body' });

    expect(statusError({ status: 500, headers: { 'request-id': 'req_1' }, body }).requestId).toBe(
      'req_1',
    );
    expect(statusError({ status: 500, headers: { 'x-request-id': 'req_2' } }).requestId).toBe(
      'req_2',
    );
    expect(statusError({ status: 500, body }).requestId).toBe('req_body');
    expect(
      statusError({ status: 500, headers: { 'x-request-id': 'a\u0007b' } }).requestId,
    ).toBeUndefined();
    expect(statusError({ status: 500, requestId: 'given' }).requestId).toBe('given');
  });

  it('E25 keeps 4 KiB of the body, as text, and does not print it', () => {
    const error = statusError({ status: 500, body: new TextEncoder().encode('é'.repeat(100_000)) });

    expect(error.body).toBe('é'.repeat(4096));
    expect(Object.keys(error)).not.toContain('body');
    expect(JSON.stringify(error)).not.toContain('é');
    expect(error.response).toEqual({ status: 500, headers: {}, body: error.body });
  });

  it('keeps headers for programs, without those that carry credentials', () => {
    const error = statusError({
      status: 500,
      headers: { 'set-cookie': ['sid=canary'], 'x-trace': 'abc', location: '/x?key=canary' },
    });

    expect(error.headers).toEqual({
      'set-cookie': '[redacted]',
      'x-trace': 'abc',
      location: '/x?key=[redacted]',
    });
    expect(error.toJSON()['headers']).toEqual({
      'set-cookie': '[redacted]',
      'x-trace': '[redacted]',
      location: '/x?key=[redacted]',
    });
  });

  it('takes out what the peer echoes of the request', () => {
    const error = statusError({
      status: 401,
      ...json({ error: { message: 'No account has the key canary-without-form.' } }),
      secrets: ['canary-without-form'],
    });

    expect(error.message).toMatch(/No account has the key \[redacted\]$/);
    expect(error.body).not.toContain('canary');
  });

  it.each([
    [{ error: 'no such row' }, 'no such row'],
    [{ message: 'no such row' }, 'no such row'],
    [{ detail: 'no such row' }, 'no such row'],
    [{ detail: [{ loc: ['body', 'id'], msg: 'field required' }] }, 'body.id: field required'],
    [{ detail: [{ msg: 'field required' }, {}, {}] }, 'field required, and 2 more'],
    [{ detail: { message: 'no such row', code: 7 } }, 'no such row'],
    [[{ type: 'missing', loc: ['threadId'], msg: 'Field required' }], 'threadId: Field required'],
    [[{ error: { code: 404, message: 'no such model' } }], 'no such model'],
    [{ message: { detail: [{ loc: ['body'], msg: 'no model' }] } }, 'body: no model'],
    [{ type: 'about:blank', title: 'Gone fishing' }, 'Gone fishing'],
    [{ error: { message: 'two\n  lines' } }, 'two lines'],
  ])('tells the words of the peer in %j', (body, words) => {
    expect(statusError({ status: 404, ...json(body) }).message).toMatch(
      new RegExp(`404: ${words}$`),
    );
  });

  it.each(['<html>Not here</html>', '[1]', '{"error":', '', '{"error":{"message":{}}}'])(
    'adds nothing for %j',
    (body) => {
      expect(statusError({ status: 404, body }).message).toMatch(/status 404$/);
    },
  );

  it.skipIf(!existsSync(SAMPLES))('classifies the answers that services were seen to give', () => {
    const samples = JSON.parse(readFileSync(SAMPLES, 'utf8')) as readonly {
      readonly id: string;
      readonly status: number;
      readonly headers: Record<string, string>;
      readonly body: string;
      readonly expected: {
        readonly class: string;
        readonly retryable: boolean;
        readonly request_id: string | null;
        readonly provider_error: Readonly<Record<string, string | null>>;
      };
    }[];

    expect(samples.length).toBeGreaterThan(10);
    for (const { id, expected, ...answer } of samples) {
      const error = statusError(answer);
      const { type, code, status, message } = error.providerError;
      expect
        .soft(
          {
            class: error.code,
            retryable: error.retryable !== 'no',
            request_id: error.requestId ?? null,
            provider_error: {
              type: type ?? null,
              code: code ?? null,
              status_text: status ?? null,
              message: message ?? null,
            },
          },
          id,
        )
        .toMatchObject({
          class: expected.class,
          retryable: expected.retryable,
          request_id: expected.request_id,
          provider_error: expected.provider_error,
        });
    }
  });
});
