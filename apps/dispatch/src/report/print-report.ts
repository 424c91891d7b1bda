import {
  type FailedRow,
  type Percentiles,
  type Report,
  type UpstreamReport,
  WITHOUT_STREAMS,
} from './report.ts';

/** How many failed rows are listed; all of them are in the output. */
const MAX_FAILURES = 20;

const columns: readonly (readonly [string, (upstream: UpstreamReport) => string])[] = [
  ['kind', ({ kind }) => kind],
  ['upstream', ({ upstreams }) => upstreams.join(', ')],
  ['rows', ({ rows }) => String(rows)],
  ['ok', ({ ok }) => String(ok)],
  ['failed', ({ failed }) => String(failed)],
  ['attempts', ({ attempts }) => String(attempts)],
  [
    'cut streams',
    ({ kind, incompleteStreams: cut }) => (WITHOUT_STREAMS.has(kind) ? '-' : String(cut)),
  ],
  ['tokens in/out', ({ inputTokens, outputTokens }) => counts(inputTokens, outputTokens)],
  ['p50/p95 ms', ({ durationMs }) => milliseconds(durationMs)],
  ['first event ms', ({ timeToFirstEventMs }) => milliseconds(timeToFirstEventMs)],
];

/** The report as people read it: a table, the reasons of the retries, the rows without an answer. */
export function printReport(report: Report): string {
  return [
    table(report.upstreams),
    ...report.upstreams.flatMap(retryLines),
    ...failureLines(report.failures),
    summaryLine(report),
    '',
  ].join('\n');
}

function table(upstreams: readonly UpstreamReport[]): string {
  const rows = [
    columns.map(([title]) => title),
    ...upstreams.map((upstream) => columns.map(([, cell]) => cell(upstream))),
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

function oneLine(message: string): string {
  const line = message.replace(/\s+/g, ' ');
  return line.length <= 160 ? line : `${line.slice(0, 157)}...`;
}
