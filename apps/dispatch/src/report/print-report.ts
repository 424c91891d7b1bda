import type { RateLimitBucket } from 'linkspan';
import type { HealthReport } from './health-report.ts';
import {
  type FailedRow,
  type Percentiles,
  type Report,
  type UpstreamReport,
  WITHOUT_STREAMS,
} from './report.ts';

/** How many failed rows are listed; all of them are in the output. */
const MAX_FAILURES = 20;

/** The title of a column, and what stands in it. */
type Column<Line> = readonly [string, (line: Line) => string];

const rowColumns: readonly Column<UpstreamReport>[] = [
  ['kind', ({ kind }) => kind],
  ['upstream', ({ upstreams }) => upstreams.join(', ')],
  ['rows', ({ rows }) => String(rows)],
  ['ok', ({ ok }) => String(ok)],
  ['failed', ({ failed }) => String(failed)],
  ['attempts', ({ attempts }) => String(attempts)],
  ['fallback', ({ fallbacks }) => String(fallbacks)],
  [
    'cut streams',
    ({ kind, incompleteStreams: cut }) => (WITHOUT_STREAMS.has(kind) ? '-' : String(cut)),
  ],
  ['tokens in/out', ({ inputTokens, outputTokens }) => counts(inputTokens, outputTokens)],
  ['p50/p95 ms', ({ durationMs }) => milliseconds(durationMs)],
  ['first event ms', ({ timeToFirstEventMs }) => milliseconds(timeToFirstEventMs)],
];

const healthColumns: readonly Column<HealthReport>[] = [
  ['upstream', ({ id }) => id],
  ['health', ({ state }) => state],
  ['requests', ({ calls }) => String(calls.successes + calls.failures)],
  ['failed', ({ calls }) => String(calls.failures)],
  ['checks', ({ checks }) => outOf(checks.successes, checks.successes + checks.failures)],
  ['avg/p95 ms', ({ ewmaMs: p50, p95Ms: p95 }) => decimals(p50, p95)],
  ['circuit', ({ circuit }) => circuit.state],
  ['opened', ({ circuit }) => String(circuit.opened)],
  ['retries', ({ retries }) => String(retries.allowed)],
  ['refused', ({ retries }) => String(retries.refused)],
  ['requests left', ({ limits }) => remainder(limits.requests)],
  ['tokens left', ({ limits }) => remainder(limits.tokens)],
];

/**
 * The report as people read it: a table of the rows, the reasons of the retries, how the upstreams
 * were, the rows without an answer.
 */
export function printReport(report: Report): string {
  return [
    table(rowColumns, report.upstreams),
    ...report.upstreams.flatMap(retryLines),
    ...(report.health.length === 0 ? [] : [table(healthColumns, report.health)]),
    ...failureLines(report.failures),
    summaryLine(report),
    '',
  ].join('\n');
}

function table<Line>(columns: readonly Column<Line>[], lines: readonly Line[]): string {
  const rows = [
    columns.map(([title]) => title),
    ...lines.map((line) => columns.map(([, cell]) => cell(line))),
  ];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  // Words to the left, numbers to the right.
  const pad = (cell: string, index: number): string =>
    index < 2 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

function retryLines({ kind, retries }: UpstreamReport): string[] {
  const reasons = Object.entries(retries).toSorted(([, a], [, b]) => b - a);
  if (reasons.length === 0) return [];
  const told = reasons.map(([code, count]) => `${code} ${count}`).join(', ');
  return [`retries of ${kind}: ${told}`];
}

function failureLines(failures: readonly FailedRow[]): string[] {
  const shown = failures.slice(0, MAX_FAILURES);
  const lines = shown.map(({ id, code, message }) => `  ${id}  ${code}: ${oneLine(message)}`);
  const more = failures.length - shown.length;
  return [
    ...(lines.length > 0 ? ['without an answer:'] : []),
    ...lines,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

function summaryLine({ rows, ok, failed, unanswered }: Report): string {
  const left = unanswered === 0 ? '' : `, ${unanswered} not done`;
  return `${rows} rows: ${ok} answered, ${failed} failed${left}`;
}

function counts(inputs: number, outputs: number): string {
  return inputs + outputs === 0 ? '-' : `${inputs}/${outputs}`;
}

function milliseconds(durations: Percentiles | undefined): string {
  return durations ? `${Math.round(durations.p50)}/${Math.round(durations.p95)}` : '-';
}

function outOf(part: number, whole: number): string {
  return whole === 0 ? '-' : `${part}/${whole}`;
}

function decimals(average: number | undefined, p95: number | undefined): string {
  if (average === undefined || p95 === undefined) return '-';
  return `${average.toFixed(1)}/${p95.toFixed(1)}`;
}

function remainder({ remaining, limit }: RateLimitBucket = {}): string {
  if (remaining === undefined) return '-';
  return limit === undefined ? String(remaining) : `${remaining}/${limit}`;
}

function oneLine(message: string): string {
  const line = message.replace(/\s+/g, ' ');
  return line.length <= 160 ? line : `${line.slice(0, 157)}...`;
}
