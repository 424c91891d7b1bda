import type { AnswerRecord } from '../output/answer.ts';
import type { UpstreamStatus } from '../delivery/clients.ts';
import { type RowKind, rowKinds } from '../input/row.ts';
import { type HealthReport, reportHealth } from './health-report.ts';

/** The kinds whose answers are no streams. */
export const WITHOUT_STREAMS: ReadonlySet<RowKind> = new Set<RowKind>(['json', 'web-socket']);

/** The failures that say that a stream did not come to its end. */
const CUT_CODES: ReadonlySet<string> = new Set(['incomplete_stream', 'body_truncated']);

/** How long things took, in milliseconds: half of the rows, and 95 of 100, were at least as fast. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
}

/** What became of the rows of one kind. */
export interface UpstreamReport {
  readonly kind: RowKind;
  /** The upstreams that answered: origins, or `rehearsal`. */
  readonly upstreams: readonly string[];
  readonly rows: number;
  readonly ok: number;
  readonly failed: number;
  readonly attempts: number;
  /** Rows that the fallback was asked for. */
  readonly fallbacks: number;
  /** How often rows were sent again, by the code of the failure before. */
  readonly retries: Readonly<Record<string, number>>;
  /** Streams that ended before their terminator; none of them was taken for an answer. */
  readonly incompleteStreams: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly durationMs: Percentiles;
  /** Absent when there was no stream. */
  readonly timeToFirstEventMs?: Percentiles;
}

/** A row that has no answer, and why. */
export interface FailedRow {
  readonly id: string;
  readonly code: string;
  readonly message: string;
}

/** What the output holds about the rows of an input. */
export interface Report {
  readonly rows: number;
  readonly ok: number;
  readonly failed: number;
  /** Rows without a line: the run was interrupted before they were done. */
  readonly unanswered: number;
  readonly upstreams: readonly UpstreamReport[];
  readonly failures: readonly FailedRow[];
  /** How each upstream was in this run; the output keeps none of it. */
  readonly health: readonly HealthReport[];
}

/**
 * The report of a run. All about its rows is made of the output alone: it is the same for a run that
 * was killed and resumed.
 *
 * @param upstreams how they were; none when nothing was sent.
 */
export function makeReport(
  rows: number,
  records: readonly AnswerRecord[],
  upstreams: readonly UpstreamStatus[] = [],
): Report {
  const ok = records.filter(({ status }) => status === 'ok').length;
  return {
    rows,
    ok,
    failed: records.length - ok,
    unanswered: rows - records.length,
    upstreams: rowKinds.flatMap((kind) => {
      const ofKind = records.filter((record) => record.kind === kind);
      return ofKind.length === 0 ? [] : [reportKind(kind, ofKind)];
    }),
    failures: records.flatMap(({ id, error }) =>
      error === undefined ? [] : [{ id, code: error.code, message: error.message }],
    ),
    health: upstreams.map(reportHealth),
  };
}

function reportKind(kind: RowKind, records: readonly AnswerRecord[]): UpstreamReport {
  const retries: Record<string, number> = {};
  for (const code of records.flatMap((record) => record.retries)) {
    retries[code] = (retries[code] ?? 0) + 1;
  }
  const firstEvents = records.flatMap(({ timeToFirstEventMs: ms }) => (ms === undefined ? [] : ms));
  return {
    kind,
    upstreams: [...new Set(records.map(({ upstream }) => upstream))],
    rows: records.length,
    ok: records.filter(({ status }) => status === 'ok').length,
    failed: records.filter(({ status }) => status === 'failed').length,
    attempts: sum(records, ({ attempts }) => attempts),
    fallbacks: records.filter(({ fallback }) => fallback !== undefined).length,
    retries,
    incompleteStreams: WITHOUT_STREAMS.has(kind) ? 0 : sum(records, countCuts),
    inputTokens: sum(records, ({ usage }) => usage?.inputTokens ?? 0),
    outputTokens: sum(records, ({ usage }) => usage?.outputTokens ?? 0),
    durationMs: percentiles(records.map(({ durationMs }) => durationMs)),
    ...(firstEvents.length > 0 && { timeToFirstEventMs: percentiles(firstEvents) }),
  };
}

function countCuts({ retries, error }: AnswerRecord): number {
  const codes = error === undefined ? retries : [...retries, error.code];
  return codes.filter((code) => CUT_CODES.has(code)).length;
}

function sum<Item>(items: readonly Item[], count: (item: Item) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}

/** By the nearest rank. */
function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}
