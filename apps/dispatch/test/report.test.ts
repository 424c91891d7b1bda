import { describe, expect, it } from 'vitest';
import type { UpstreamStatus } from '../src/delivery/clients.ts';
import { recordOf } from '../src/output/answer.ts';
import { printReport } from '../src/report/print-report.ts';
import { makeReport } from '../src/report/report.ts';
import { makeAnswer, makeFailure } from './make-answer.ts';

const records = [
  makeAnswer('j1', { durationMs: 10 }),
  makeAnswer('j2', { durationMs: 30, attempts: 2, retries: ['body_truncated'] }),
  makeAnswer('c1', {
    kind: 'chat',
    durationMs: 200,
    timeToFirstEventMs: 50,
    attempts: 3,
    retries: ['incomplete_stream', 'rate_limit'],
    usage: { inputTokens: 10, outputTokens: 20 },
  }),
  makeAnswer('c2', {
    kind: 'chat',
    durationMs: 100,
    timeToFirstEventMs: 40,
    usage: { inputTokens: 1, outputTokens: 2 },
  }),
  makeFailure('c3', 'incomplete_stream', {
    kind: 'chat',
    durationMs: 400,
    attempts: 2,
    retries: ['incomplete_stream'],
  }),
].map(recordOf);

const upstreams: readonly UpstreamStatus[] = [
  {
    label: 'https://x.example',
    client: {
      id: 'json',
      type: 'http',
      state: 'degraded',
      since: '2026-11-21T10:00:00.000Z',
      responseTimeMs: 9,
      ewmaMs: 12.34,
      p95Ms: 40,
      lastError: { name: 'ServerError', kind: 'http', code: 'server_error', message: 'No' },
      consecutiveFailures: 0,
      checks: { successes: 7, failures: 1 },
      calls: { successes: 60, failures: 4 },
      circuit: 'half-open',
    },
    circuit: { state: 'half-open', opened: 2 },
    retries: { allowed: 5, refused: 3 },
    limits: { requests: { limit: 100, remaining: 40, resetInMs: 900 }, tokens: { remaining: 7 } },
  },
  {
    label: 'https://y.example',
    client: {
      id: 'fallback',
      type: 'http',
      state: 'idle',
      since: '2026-11-21T10:00:00.000Z',
      consecutiveFailures: 0,
      checks: { successes: 0, failures: 0 },
      calls: { successes: 0, failures: 0 },
      circuit: 'closed',
    },
    circuit: { state: 'closed', opened: 0 },
    retries: { allowed: 0, refused: 0 },
    limits: {},
  },
];

describe('makeReport()', () => {
  it('counts rows, attempts, retries by reason, tokens and times of each kind', () => {
    const report = makeReport(7, records);

    expect(report).toMatchObject({ rows: 7, ok: 4, failed: 1, unanswered: 2 });
    expect(report.upstreams).toEqual([
      {
        kind: 'json',
        upstreams: ['rehearsal'],
        rows: 2,
        ok: 2,
        failed: 0,
        attempts: 3,
        fallbacks: 0,
        retries: { body_truncated: 1 },
        incompleteStreams: 0,
        inputTokens: 0,
        outputTokens: 0,
        durationMs: { p50: 10, p95: 30 },
      },
      {
        kind: 'chat',
        upstreams: ['rehearsal'],
        rows: 3,
        ok: 2,
        failed: 1,
        attempts: 6,
        fallbacks: 0,
        retries: { incomplete_stream: 2, rate_limit: 1 },
        incompleteStreams: 3,
        inputTokens: 11,
        outputTokens: 22,
        durationMs: { p50: 200, p95: 400 },
        timeToFirstEventMs: { p50: 40, p95: 50 },
      },
    ]);
    expect(report.failures).toEqual([
      { id: 'c3', code: 'incomplete_stream', message: 'Cannot answer c3' },
    ]);
  });
});

describe('makeReport() of a run', () => {
  it('C16 tells how each upstream is, and was', () => {
    expect(makeReport(7, records, upstreams).health).toEqual([
      {
        id: 'json',
        upstream: 'https://x.example',
        state: 'degraded',
        calls: { successes: 60, failures: 4 },
        checks: { successes: 7, failures: 1 },
        ewmaMs: 12.34,
        p95Ms: 40,
        lastError: 'server_error',
        circuit: { state: 'half-open', opened: 2 },
        retries: { allowed: 5, refused: 3 },
        limits: {
          requests: { limit: 100, remaining: 40, resetInMs: 900 },
          tokens: { remaining: 7 },
        },
      },
      {
        id: 'fallback',
        upstream: 'https://y.example',
        state: 'idle',
        calls: { successes: 0, failures: 0 },
        checks: { successes: 0, failures: 0 },
        circuit: { state: 'closed', opened: 0 },
        retries: { allowed: 0, refused: 0 },
        limits: {},
      },
    ]);
  });

  it('counts the rows that the fallback was asked for', () => {
    const answers = [
      makeAnswer('a', { kind: 'chat', fallback: 'circuit_open' }),
      makeFailure('b', 'server_error', { kind: 'chat', fallback: 'unavailable' }),
      makeAnswer('c', { kind: 'chat' }),
    ];

    expect(makeReport(3, answers.map(recordOf)).upstreams).toMatchObject([{ fallbacks: 2 }]);
  });
});

describe('printReport()', () => {
  it('prints a table, the reasons of the retries, the failures and the sum', () => {
    expect(printReport(makeReport(7, records))).toBe(
      [
        'kind  upstream   rows  ok  failed  attempts  fallback  cut streams  tokens in/out  p50/p95 ms  first event ms',
        'json  rehearsal     2   2       0         3         0            -              -       10/30               -',
        'chat  rehearsal     3   2       1         6         0            3          11/22     200/400           40/50',
        'retries of json: body_truncated 1',
        'retries of chat: incomplete_stream 2, rate_limit 1',
        'without an answer:',
        '  c3  incomplete_stream: Cannot answer c3',
        '7 rows: 4 answered, 1 failed, 2 not done',
        '',
      ].join('\n'),
    );
  });

  it('prints how the upstreams were, behind the retries', () => {
    const lines = printReport(makeReport(7, records, upstreams)).split('\n');

    expect(lines.slice(5, 9)).toEqual([
      'upstream  health    requests  failed  checks  avg/p95 ms    circuit  opened  retries  refused  requests left  tokens left',
      'json      degraded        64       4     7/8   12.3/40.0  half-open       2        5        3         40/100            7',
      'fallback  idle             0       0       -           -     closed       0        0        0              -            -',
      'without an answer:',
    ]);
  });

  it('names some of many failures, each in one line', () => {
    const many = Array.from({ length: 25 }, (_, index) => makeFailure(`r${index}`, 'http_status'));

    const text = printReport(makeReport(25, many.map(recordOf)));

    expect(text.match(/http_status: /g)).toHaveLength(20);
    expect(text).toContain('and 5 more');
  });
});
