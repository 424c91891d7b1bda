import type { TransportRequest } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { maySendAfresh } from '../../src/call/stale-connection.ts';
import { writeRequest } from '../../src/call/wire-request.ts';

const failed = (code: string, syscall?: string): Error =>
  Object.assign(new Error(code), { code, syscall });

const wire = (request: Partial<TransportRequest>) =>
  writeRequest({ operation: 'POST', target: '/', ...request }, ['http://a', '/'], []);

const bytes = (length: number) => ({ kind: 'bytes', bytes: new Uint8Array(length) }) as const;
const stream = { kind: 'stream', stream: (async function* () {})() } as const;

describe('maySendAfresh()', () => {
  it.each<[string, Partial<TransportRequest>, Error, boolean]>([
    ['a GET behind a reset', { operation: 'GET' }, failed('ECONNRESET', 'read'), true],
    ['a GET behind a close', { operation: 'GET' }, failed('UND_ERR_SOCKET'), true],
    [
      'a POST with a key',
      { headers: { 'idempotency-key': 'k' } },
      failed('ECONNRESET', 'read'),
      true,
    ],
    ['a POST that says that it may', { idempotent: true }, failed('ECONNRESET', 'read'), true],
    ['a POST behind a reset', {}, failed('ECONNRESET', 'read'), false],
    ['a POST behind a close', {}, failed('UND_ERR_SOCKET'), false],
    ['a POST whose write failed', {}, failed('EPIPE', 'write'), true],
    ['a small POST whose write failed', { payload: bytes(100) }, failed('EPIPE', 'write'), true],
    ['a large POST whose write failed', { payload: bytes(1e6) }, failed('EPIPE', 'write'), false],
    ['a stream whose write failed', { payload: stream }, failed('EPIPE', 'write'), false],
    ['a PUT of a stream', { operation: 'PUT', payload: stream }, failed('ECONNRESET'), false],
    ['a GET behind garbage', { operation: 'GET' }, failed('HPE_INVALID_VERSION'), false],
    [
      'a GET that says that it may not',
      { operation: 'GET', idempotent: false },
      failed('ECONNRESET'),
      false,
    ],
  ])('row 10 %s', (_name, request, error, expected) => {
    expect(maySendAfresh(wire(request), error)).toBe(expected);
  });
});
