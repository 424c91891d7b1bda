import { fileURLToPath } from 'node:url';
import { parallel } from 'linkspan';
import { type EndpointMap, type Endpoints, findEndpoints } from './command-line/endpoints.ts';
import type { Settings } from './command-line/settings.ts';
import { Clients } from './delivery/clients.ts';
import { type DispatchSettings, Dispatcher } from './delivery/dispatcher.ts';
import { readInput } from './input/read-input.ts';
import { type Row, rowKinds } from './input/row.ts';
import type { Interruption } from './interruption.ts';
import type { AnswerRecord } from './output/answer.ts';
import type { Journal } from './output/journal.ts';
import { openOutput } from './output/open-output.ts';
import { OutputLock } from './output/output-lock.ts';
import { Progress, type ProgressScreen } from './report/progress.ts';
import { makeReport, type Report } from './report/report.ts';
import type { Rehearsal } from './upstreams/rehearsal.ts';

/** The input of a run without `--input`. */
const SAMPLE = fileURLToPath(new URL('../sample/requests.jsonl', import.meta.url));

/** What a run needs of the process that it is in. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly interruption: Interruption;
  /** Tells people something, in a line of its own. */
  readonly note: (line: string) => void;
  /** Where progress is shown. */
  readonly screen: ProgressScreen;
}

/**
 * Sends every row of the input that has no line in the output, and reports on all of them.
 *
 * @throws UsageError when nothing can be sent; OutputError when answers cannot be written.
 */
export async function run(settings: Settings, surroundings: Surroundings): Promise<Report> {
  const rows = await readInput(settings.input ?? SAMPLE);
  const kinds = rowKinds.filter((kind) => rows.some((row) => row.kind === kind));
  const endpoints = findEndpoints(kinds, settings, surroundings.env);
  const lock = await OutputLock.acquire(settings.output);
  try {
    const journal = await openOutput(rows, endpoints, settings, surroundings.note);
    try {
      await sendRows(rows, journal, endpoints, settings, surroundings);
    } finally {
      await journal[Symbol.asyncDispose]();
    }
    return makeReport(rows.length, recordsOf(rows, journal));
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}

async function sendRows(
  rows: readonly Row[],
  journal: Journal,
  endpoints: Endpoints,
  settings: Settings,
  surroundings: Surroundings,
): Promise<void> {
  const { interruption, note, screen } = surroundings;
  const done = recordsOf(rows, journal).length;
  const waiting = rows.filter(({ id }) => !journal.records.has(id));
  if (done > 0) note(`${settings.output} has the answers to ${done} of ${rows.length} rows`);
  if (waiting.length === 0) return;

  const rehearsal =
    endpoints === 'rehearsal' ? await startRehearsal(settings.seed, note) : undefined;
  const clients = new Clients(
    rehearsal?.endpoints ?? (endpoints as EndpointMap),
    settings.concurrency,
  );
  const progress = new Progress(rows.length, done, screen);
  const dispatcher = new Dispatcher(clients, sendSettings(settings, rehearsal !== undefined));
  try {
    await parallel(
      waiting,
      async (row, { signal }) => {
        if (interruption.isStopping) return;
        const answer = await dispatcher.dispatch(row, signal);
        // A row is done, and makes room for another, when its line is on the disk.
        await journal.append(answer);
        progress.rowDone(answer, dispatcher.inFlight);
      },
      { concurrency: settings.concurrency, signal: interruption.signal },
    );
  } catch (error) {
    // Rows that were left have no line; the report counts them.
    if (error !== interruption.signal.reason) throw error;
  } finally {
    progress.end();
    await clients[Symbol.asyncDispose]();
    await rehearsal?.[Symbol.asyncDispose]();
  }
}

/** Loaded when it is needed: a run against the real thing takes no servers along. */
async function startRehearsal(seed: number, note: (line: string) => void): Promise<Rehearsal> {
  const { Rehearsal: Upstreams } = await import('./upstreams/rehearsal.ts');
  return await Upstreams.start({
    seed,
    onCrash: (kind) => note(`the upstream of the ${kind} rows crashed, and is restarted`),
  });
}

/** A rehearsal stalls on purpose: its clocks are short, so that it does not take long. */
function sendSettings(settings: Settings, isRehearsal: boolean): DispatchSettings {
  return {
    retries: settings.retries,
    retryBaseMs: isRehearsal ? 100 : 500,
    totalMs: settings.totalMs ?? (isRehearsal ? 20_000 : 300_000),
    firstEventMs: settings.firstEventMs ?? (isRehearsal ? 700 : 60_000),
    eventIdleMs: settings.eventIdleMs ?? (isRehearsal ? 700 : 120_000),
    mayResend: !settings.noResend,
  };
}

/** The lines of the output that are about the rows; others are of rows that were taken away. */
function recordsOf(rows: readonly Row[], journal: Journal): AnswerRecord[] {
  return rows.flatMap(({ id }) => journal.records.get(id) ?? []);
}
