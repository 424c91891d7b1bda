import { describe, expect, it } from 'vitest';
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

describe('printReport()', () => {
  it('prints a table, the reasons of the retries, the failures and the sum', () => {
    expect(printReport(makeReport(7, records))).toBe(
      [
        'kind  upstream   rows  ok  failed  attempts  cut streams  tokens in/out  p50/p95 ms  first event ms',
        'json  rehearsal     2   2       0         3            -              -       10/30               -',
        'chat  rehearsal     3   2       1         6            3          11/22     200/400           40/50',
        'retries of json: body_truncated 1',
        'retries of chat: incomplete_stream 2, rate_limit 1',
        'without an answer:',
        '  c3  incomplete_stream: Cannot answer c3',
        '7 rows: 4 answered, 1 failed, 2 not done',
        '',
      ].join('\n'),
    );
  });

  it('names some of many failures, each in one line', () => {
    const many = Array.from({ length: 25 }, (_, index) => makeFailure(`r${index}`, 'http_status'));

    const text = printReport(makeReport(25, many.map(recordOf)));

    expect(text.match(/http_status: /g)).toHaveLength(20);
    expect(text).toContain('and 5 more');
  });
});
