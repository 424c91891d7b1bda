import { inspect } from 'node:util';
import * as core from '@linkspan/core';
import {
  AuthenticationError,
  ConfigurationError,
  ConnectionError,
  ConnectionResetError,
  ConnectionTimeoutError,
  DnsError,
  isLinkspanError,
  LinkspanError,
  MessageError,
  NetworkError,
  SerializationError,
  statusError,
  StatusError,
  summarizeCause,
  TimeoutError,
  TransportError,
} from '@linkspan/core';
import { describe, expect, it, vi } from 'vitest';

/** A second copy of the package, as a duplicate install gives. */
async function importCopy(): Promise<typeof core> {
  vi.resetModules();
  return await import('@linkspan/core');
}

const timeout = new TimeoutError('Cannot get an answer in 5 s', {
  clock: 'totalMs',
  limitMs: 5000,
  elapsedMs: 5001,
  phase: 'headers',
});

/** It does not compile when a kind is missing. */
function tell(error: LinkspanError): string {
  switch (error.kind) {
    case 'config':
    case 'timeout':
    case 'closed':
    case 'circuit-open':
    case 'pool-exhausted':
    case 'rate-limit':
    case 'network':
    case 'message':
    case 'protocol':
    case 'stream-incomplete':
    case 'stream-gap':
    case 'http':
    case 'rpc':
    case 'transport':
      return error.kind;
    default:
      return error.kind satisfies never;
  }
}

describe('LinkspanError', () => {
  it('P32 P33 R6 catches from the special to the general', () => {
    const reset = new ConnectionResetError('Cannot read the answer: the connection was reset');

    for (const ancestor of [
      ConnectionResetError,
      ConnectionError,
      TransportError,
      LinkspanError,
      Error,
    ])
      expect(reset).toBeInstanceOf(ancestor);
    for (const other of [TimeoutError, ConfigurationError, DnsError, MessageError, StatusError])
      expect(reset).not.toBeInstanceOf(other);
    expect(new SerializationError('x')).toBeInstanceOf(MessageError);
    expect(timeout).not.toBeInstanceOf(TransportError);
    expect(reset.name).toBe('ConnectionResetError');
    expect(String(reset)).toBe(
      'ConnectionResetError: Cannot read the answer: the connection was reset',
    );
  });

  it('U3 P33 is recognised across two copies of the package', async () => {
    const copy = await importCopy();
    expect(copy.LinkspanError).not.toBe(LinkspanError);
    const theirs = new copy.ConnectionTimeoutError('x', { limitMs: 1, elapsedMs: 2 });

    for (const ancestor of [ConnectionTimeoutError, ConnectionError, TransportError, LinkspanError])
      expect(theirs).toBeInstanceOf(ancestor);
    expect(theirs).not.toBeInstanceOf(DnsError);
    expect(theirs).not.toBeInstanceOf(TimeoutError);
    expect(timeout).toBeInstanceOf(copy.TimeoutError);
    expect(isLinkspanError(theirs)).toBe(true);
  });

  it("does not take a subclass of a user's own for another one", () => {
    class MyError extends ConnectionError {}

    expect(new MyError('x')).toBeInstanceOf(ConnectionError);
    expect(new ConnectionError('x')).not.toBeInstanceOf(MyError);
    expect(isLinkspanError(new Error('x'))).toBe(false);
    for (const value of [undefined, null, 'x', {}, { kind: 'network' }])
      expect(isLinkspanError(value)).toBe(false);
  });

  it('N8 E23 a failure of the network has the kind "network"', () => {
    expect(NetworkError).toBe(ConnectionError);
    const cause = new Error('read ECONNRESET');

    expect(new ConnectionResetError('x', { cause })).toMatchObject({
      kind: 'network',
      retryable: 'if-idempotent',
      sent: 'maybe',
      cause,
    });
  });

  it('E24 a timeout tells its clock, limit and how long it took', () => {
    expect(timeout).toMatchObject({
      kind: 'timeout',
      clock: 'totalMs',
      limitMs: 5000,
      elapsedMs: 5001,
      phase: 'headers',
    });
    expect(new ConnectionTimeoutError('x', { limitMs: 1, elapsedMs: 2 }).kind).toBe('timeout');
  });

  it('E35 has a kind that a switch can treat without a rest', () => {
    expect(tell(timeout)).toBe('timeout');
    expect(tell(new DnsError('x'))).toBe('network');
    expect(tell(statusError({ status: 418 }))).toBe('http');
  });

  it('C19 tells in JSON what is known', () => {
    const error = new ConnectionResetError('x', {
      cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', socket: {} }),
      transport: 'http',
    });
    error.attempts = 3;

    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'ConnectionResetError',
      message: 'x',
      kind: 'network',
      code: 'connection_reset',
      phase: 'connect',
      retryable: 'if-idempotent',
      sent: 'maybe',
      attempts: 3,
      transport: 'http',
      cause: { name: 'Error', code: 'ECONNRESET', message: 'read ECONNRESET' },
    });
  });

  it('keeps the default of its class where a fact is undefined', () => {
    const facts = { code: undefined, retryable: undefined, sent: undefined, phase: undefined };

    expect(new ConnectionResetError('x', facts)).toMatchObject({
      code: 'connection_reset',
      retryable: 'if-idempotent',
      sent: 'maybe',
      phase: 'connect',
    });
  });

  it('prints its stack and facts, and the cause in short', () => {
    const printed = inspect(
      new DnsError('Cannot find api.example.com', { cause: new Error('no') }),
    );

    expect(printed).toContain('DnsError: Cannot find api.example.com\n    at ');
    expect(printed).toContain("code: 'dns'");
    expect(printed).toContain("cause: { name: 'Error', message: 'no' }");
  });

  it('keeps the name of every class', () => {
    const names = Object.entries(core).flatMap(([name, value]) =>
      typeof value === 'function' && value.prototype instanceof LinkspanError
        ? [[name, (value.prototype as Error).name]]
        : [],
    );

    expect(names.length).toBeGreaterThan(30);
    for (const [exported, name] of names)
      expect(name).toBe(exported === 'NetworkError' ? 'ConnectionError' : exported);
  });
});

describe('secrets in failures', () => {
  const CANARY = 'canary7f3a9b';
  const foreign = Object.assign(
    new Error(`connect https://user:${CANARY}@host/?key=${CANARY} with Bearer ${CANARY}`),
    {
      code: 'ECONNREFUSED',
      headers: { authorization: `Bearer ${CANARY}` },
      body: CANARY,
      cause: new AggregateError([new Error(`password=${CANARY}`)], `{"apiKey":"${CANARY}"}`),
    },
  );
  const failures: readonly LinkspanError[] = [
    new ConnectionError('Cannot connect to https://host', { cause: foreign }),
    new TransportError('Cannot send', {
      cause: new TransportError('Cannot write', { cause: foreign }),
    }),
    statusError({
      status: 401,
      headers: { 'set-cookie': `a=${CANARY}`, 'x-echo': 'x', location: `/?t=${CANARY}` },
      body: JSON.stringify({ error: { message: `Incorrect API key provided: sk-${CANARY}` } }),
    }),
    new AuthenticationError('x', {
      status: 401,
      body: `token=${CANARY}`,
      headers: { authorization: CANARY },
    }),
  ];

  it.each(failures.map((failure) => [failure.name, failure] as const))(
    'R25 N18 appear nowhere in %s',
    (_name, failure) => {
      const printed = [
        failure.message,
        failure.stack,
        String(failure),
        JSON.stringify(failure),
        JSON.stringify(Object.assign({}, failure)),
        inspect(failure, { depth: Infinity, showHidden: true }),
        inspect({ nested: [failure] }, { depth: Infinity, showHidden: true }),
        inspect(new Error('outer', { cause: failure }), { depth: Infinity, showHidden: true }),
      ].join('\n');

      expect(printed).not.toContain(CANARY);
    },
  );
});

describe('summarizeCause()', () => {
  it('takes anything that can be thrown', () => {
    expect(summarizeCause('x')).toEqual({ name: 'string', message: 'x' });
    expect(summarizeCause(null)).toEqual({ name: 'object', message: 'null' });
    expect(summarizeCause({ code: 7 })).toEqual({ name: 'Error', code: 7, message: '' });
  });

  it('ends with a chain that does not', () => {
    const error = new Error('round');
    error.cause = error;

    expect(JSON.stringify(summarizeCause(error)).match(/round/g)).toHaveLength(5);
  });

  it('cuts a long message', () => {
    expect(summarizeCause(new Error('x'.repeat(10_000))).message).toHaveLength(500);
  });
});
