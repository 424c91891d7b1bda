import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { LinkspanError } from '@linkspan/core';
import { ConnectFault } from '@linkspan/core/wire';
import { closeFrameOf } from '@linkspan/websocket';
import { describe, expect, it } from 'vitest';
import { closeFailure, isClean, recoveryOf } from '../src/close-codes.ts';
import { isKnownFailure, toFailure } from '../src/errors.ts';

const peer = 'wss://api.example.com';
const withCode = (code: string): Error => Object.assign(new Error('canary'), { code });

/** The codes that the sources of ws give to its errors. */
function codesOfWs(): string[] {
  const folder = join(dirname(createRequire(import.meta.url).resolve('ws')), 'lib');
  const sources = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return [...new Set(sources.join('\n').match(/WS_ERR_[A-Z0-9_]+/g))];
}

describe('toFailure()', () => {
  it('knows every code of ws', () => {
    const codes = codesOfWs();

    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !isKnownFailure(withCode(code)))).toEqual([]);
  });

  it.each([
    ['ENOTFOUND', 'dns', { kind: 'network', code: 'dns', retryable: 'no', sent: 'no' }],
    ['EAI_AGAIN', 'dns', { code: 'dns_temporary', retryable: 'yes', sent: 'no' }],
    ['ECONNREFUSED', 'connect', { code: 'connection_refused', retryable: 'yes', sent: 'no' }],
    ['ECONNRESET', 'tls', { code: 'connection_reset', sent: 'no', phase: 'tls' }],
    ['CERT_HAS_EXPIRED', 'tls', { code: 'tls_certificate', retryable: 'no', sent: 'no' }],
    ['EMFILE', 'connect', { code: 'resource', retryable: 'yes' }],
    ['ECONNRESET', 'headers', { code: 'connection_reset', sent: 'maybe', phase: 'headers' }],
    ['HPE_INVALID_CONSTANT', 'headers', { kind: 'protocol', sent: 'maybe' }],
    ['HPE_HEADER_OVERFLOW', 'headers', { code: 'headers_overflow', retryable: 'no' }],
    ['ECONNRESET', 'body', { code: 'body_truncated', sent: 'maybe' }],
    ['WHO_KNOWS', 'body', { kind: 'transport', code: 'transport' }],
  ] as const)('makes of %s in phase %s what it is', (code, phase, found) => {
    expect(toFailure(withCode(code), { peer, phase, sent: 'maybe' })).toMatchObject(found);
  });

  it('gives back what is a failure already', () => {
    const failure = closeFailure({ code: 1008, reason: '' }, peer)!;
    expect(toFailure(failure, { peer, phase: 'body', sent: 'yes' })).toBe(failure);
    const fault = new ConnectFault(() => failure);
    expect(toFailure(fault, { peer, phase: 'connect', sent: 'no' })).toBe(failure);
  });
});

describe('closeFailure()', () => {
  it('is nothing for a clean end, and a LinkspanError for every other code', () => {
    for (let code = 1000; code < 5000; code++) {
      const failure = closeFailure({ code, reason: 'why' }, peer);
      expect(failure === undefined).toBe(isClean(code));
      if (failure === undefined) continue;
      expect(failure).toBeInstanceOf(LinkspanError);
      expect(closeFrameOf(failure)).toEqual({ code, reason: 'why' });
      expect(failure.message).toMatch(/^Cannot read on from wss:\/\/api\.example\.com: .*[^.]$/);
    }
  });

  it('shows no credential that the peer repeats', () => {
    const reason = 'wrong key: sk-proj-canarycanarycanarycanary';
    const failure = closeFailure({ code: 4001, reason }, peer);

    expect(inspect(failure, { depth: Infinity, showHidden: true })).not.toContain('canary');
    expect(closeFrameOf(failure)?.reason).not.toContain('canary');
  });
});

describe('recoveryOf()', () => {
  it('is as the codes are known', () => {
    const recoverable = Array.from({ length: 4000 }, (_, index) => index + 1000).filter(
      (code) => recoveryOf(code) !== 'no',
    );

    expect(recoverable).toEqual([1001, 1005, 1006, 1011, 1012, 1013, 1015]);
    expect(recoveryOf(1013)).toBe('later');
  });
});
