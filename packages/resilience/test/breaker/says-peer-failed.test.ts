import {
  ClosedError,
  ConnectionError,
  ConnectionRefusedError,
  ConnectionResetError,
  ConnectionTimeoutError,
  DeserializationError,
  DnsError,
  PoolExhaustedError,
  ProtocolError,
  statusError,
  StreamIncompleteError,
  TimeoutError,
  type ClockName,
  type FailureFacts,
  TlsError,
} from '@linkspan/core';
import { saysPeerFailed } from '@linkspan/resilience';
import { describe, expect, it } from 'vitest';

const timeout = (clock: ClockName, facts: FailureFacts = {}): TimeoutError =>
  new TimeoutError('late', { clock, limitMs: 1, elapsedMs: 1, ...facts });

describe('saysPeerFailed()', () => {
  it.each([
    ['row 1 a name that cannot be resolved just now', new DnsError('x', { retryable: 'yes' })],
    ['row 3 a refused connection', new ConnectionRefusedError('x')],
    ['row 4 row 7 a connection that takes too long', timeout('connectMs', { phase: 'connect' })],
    [
      'row 4 a connection that the system gave up',
      new ConnectionTimeoutError('x', { limitMs: 1, elapsedMs: 1 }),
    ],
    ['row 9 row 11 a reset', new ConnectionResetError('x', { phase: 'headers' })],
    ['row 15 garbage', new ProtocolError('x')],
    ['row 16 no head in time', timeout('attemptMs', { phase: 'headers' })],
    ['row 55 no handshake in time', timeout('handshakeMs')],
    ['row 63 no pong', timeout('pongMs')],
    ...[500, 502, 503, 504, 520, 529].map(
      (status) => [`row 39 row 40 row 41 a ${status}`, statusError({ status })] as const,
    ),
  ] as const)('is true of %s', (_what, error) => {
    expect(saysPeerFailed(error)).toBe(true);
  });

  it.each([
    ['row 1 a name that does not exist', new DnsError('x')],
    ['row 6 a bad certificate', new TlsError('x')],
    ['row 12 a body that was cut', new ConnectionResetError('x', { phase: 'body' })],
    ['row 18 the deadline', timeout('totalMs', { phase: 'headers' })],
    ['row 19 headers that are too large', new ProtocolError('x', { code: 'headers_overflow' })],
    ['row 27 a body that is no JSON', new DeserializationError('x')],
    ...[400, 401, 403, 404, 408, 409, 413, 422, 425, 429, 501].map(
      (status) => [`row 28 to row 38 a ${status}`, statusError({ status })] as const,
    ),
    ['row 45 silence in a stream', timeout('eventIdleMs', { phase: 'idle' })],
    ['row 48 a stream without its end', new StreamIncompleteError('x')],
    ['row 69 an abort', new DOMException('left', 'AbortError')],
    ['row 71 a queue', timeout('attemptMs', { phase: 'queue' })],
    ['row 71 a full pool', new PoolExhaustedError('x')],
    ['row 75 a close', new ClosedError('x')],
    ['row 79 too many open files', new ConnectionError('x', { code: 'resource' })],
    ['what is no failure of ours', new TypeError('x')],
  ] as const)('is false of %s', (_what, error) => {
    expect(saysPeerFailed(error)).toBe(false);
  });
});
