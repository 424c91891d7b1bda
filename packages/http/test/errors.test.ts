import {
  ClosedError,
  ConfigurationError,
  ConnectionError,
  DnsError,
  isLinkspanError,
  TlsError,
} from '@linkspan/core';
import { errors } from 'undici';
import { describe, expect, it } from 'vitest';
import { type FailurePoint, isBrokenConnection, isKnownFailure, toFailure } from '../src/errors.ts';

const point: FailurePoint = {
  origin: 'https://api.example.com',
  phase: 'headers',
  sent: 'maybe',
  hasLength: false,
};

const coded = (code: string, facts: object = {}): Error =>
  Object.assign(new Error('canary-secret'), { code }, facts);

/** Every class of errors that undici exports, made as undici makes it. */
const classes = Object.entries(errors as Readonly<Record<string, unknown>>).map(
  ([name, value]) => [name, value as new (...args: unknown[]) => Error] as const,
);

describe('toFailure()', () => {
  it('E8 U13 knows every class of errors that undici exports', () => {
    expect(classes.length).toBeGreaterThan(25);
    const unknown = classes.filter(([, UndiciClass]) => !isKnownFailure(make(UndiciClass)));

    expect(unknown.map(([name]) => name)).toEqual([]);
  });

  it.each(classes)('makes one of ours of %s, with the cause kept', (_name, UndiciClass) => {
    const error = make(UndiciClass);
    const failure = toFailure(error, point);

    expect(isLinkspanError(failure)).toBe(true);
    expect(failure.cause).toBe(error);
    expect(failure.message).toMatch(/^Cannot .*https:\/\/api\.example\.com: /);
    expect(failure.message).not.toMatch(/\.$|canary/);
  });

  it.each([
    ['ENOTFOUND', 'connect', { code: 'dns', retryable: 'no' }],
    ['EAI_AGAIN', 'connect', { code: 'dns_temporary', retryable: 'yes' }],
    ['EAI_FAIL', 'connect', { code: 'dns', retryable: 'no' }],
    ['ECONNREFUSED', 'connect', { code: 'connection_refused', retryable: 'yes' }],
    ['EHOSTUNREACH', 'connect', { code: 'unreachable', retryable: 'yes' }],
    ['EMFILE', 'connect', { code: 'resource', retryable: 'yes' }],
    ['EADDRNOTAVAIL', 'connect', { code: 'resource', retryable: 'yes' }],
    ['EACCES', 'connect', { code: 'connection_denied', retryable: 'no' }],
    ['ECONNRESET', 'tls', { code: 'connection_reset', phase: 'tls', retryable: 'yes' }],
    ['CERT_HAS_EXPIRED', 'tls', { code: 'tls_certificate', retryable: 'no' }],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', { code: 'tls_certificate', retryable: 'no' }],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls', { code: 'tls_certificate', retryable: 'no' }],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', { code: 'tls_certificate', retryable: 'no' }],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls', { code: 'tls_protocol', retryable: 'no' }],
    ['EPROTO', 'tls', { code: 'tls_protocol', retryable: 'no' }],
    ['ESOMETHINGNEW', 'connect', { code: 'transport', retryable: 'no' }],
  ] as const)('tells of %s in %s that nothing was sent', (code, phase, facts) => {
    const failure = toFailure(coded(code), { ...point, phase, sent: 'no' });

    expect(failure).toMatchObject({ sent: 'no', ...facts });
  });

  it.each([
    ['ECONNRESET', { code: 'connection_reset', sent: 'maybe', retryable: 'if-idempotent' }],
    ['EPIPE', { code: 'connection_reset', sent: 'maybe', retryable: 'if-idempotent' }],
    ['ERR_HTTP2_STREAM_ERROR', { code: 'connection_reset', sent: 'maybe' }],
    ['HPE_INVALID_HEADER_TOKEN', { code: 'protocol', retryable: 'no' }],
    ['HPE_HEADER_OVERFLOW', { code: 'headers_overflow', retryable: 'no' }],
    ['UND_ERR_HEADERS_TIMEOUT', { kind: 'timeout', code: 'headers_timeout' }],
    ['UND_ERR_BODY_TIMEOUT', { kind: 'timeout', code: 'body_timeout' }],
  ] as const)('tells what %s leaves open behind the request', (code, facts) => {
    expect(toFailure(coded(code), point)).toMatchObject(facts);
  });

  it.each(['bad response', 'bad upgrade'])('row 22 takes undici’s “%s” for an answer', (words) => {
    const error = Object.assign(new Error(words), { code: 'UND_ERR_SOCKET' });

    expect(toFailure(error, point)).toMatchObject({
      kind: 'protocol',
      phase: 'headers',
      retryable: 'no',
      sent: 'yes',
    });
  });

  it('tells a body that was cut from one of another length', () => {
    const body = { ...point, phase: 'body', sent: 'yes' } as const;

    expect(toFailure(coded('UND_ERR_SOCKET'), body)).toMatchObject({ code: 'body_truncated' });
    expect(toFailure(coded('UND_ERR_SOCKET'), { ...body, hasLength: true })).toMatchObject({
      code: 'body_length_mismatch',
    });
    expect(toFailure(coded('ECONNRESET'), { ...body, hasLength: true })).toMatchObject({
      code: 'body_truncated',
    });
  });

  it('E23 gives classes that can be caught by their bases', () => {
    expect(toFailure(coded('ENOTFOUND'), point)).toBeInstanceOf(DnsError);
    expect(toFailure(coded('ENOTFOUND'), point)).toBeInstanceOf(ConnectionError);
    expect(toFailure(coded('CERT_HAS_EXPIRED'), point)).toBeInstanceOf(TlsError);
    expect(toFailure(coded('UND_ERR_INVALID_ARG'), point)).toBeInstanceOf(ConfigurationError);
    expect(toFailure(coded('UND_ERR_CLOSED'), point)).toBeInstanceOf(ClosedError);
  });

  it('gives back what is one of ours already', () => {
    const error = new ClosedError('Cannot');

    expect(toFailure(error, point)).toBe(error);
  });

  it.each([undefined, null, 'text', new Error('plain')])(
    'takes whatever is thrown: %s',
    (thrown) => {
      expect(toFailure(thrown, point)).toMatchObject({ kind: 'transport', code: 'transport' });
    },
  );
});

describe('isBrokenConnection()', () => {
  it('is true of what a stale connection fails with, and of nothing else', () => {
    for (const code of ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']) {
      expect(isBrokenConnection(coded(code))).toBe(true);
    }
    for (const code of ['ECONNREFUSED', 'UND_ERR_HEADERS_OVERFLOW', 'HPE_INVALID_VERSION']) {
      expect(isBrokenConnection(coded(code))).toBe(false);
    }
  });
});

function make(UndiciClass: new (...args: unknown[]) => Error): Error {
  const facts = { headers: {}, data: undefined, body: undefined };
  if (/^(?:RequestRetry|Response)Error$/.test(UndiciClass.name)) {
    return new UndiciClass('canary-secret', 500, facts);
  }
  if (
    /Proxy(?:Connection)?Error|SecureProxy/.test(UndiciClass.name) &&
    UndiciClass.name !== 'Socks5ProxyError'
  ) {
    return new UndiciClass(new Error('canary-secret'), 'canary-secret');
  }
  return new UndiciClass('canary-secret');
}
