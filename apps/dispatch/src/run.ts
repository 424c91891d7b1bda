import { fileURLToPath } from 'node:url';
import { parallel } from 'linkspan';
import { type EndpointMap, type Endpoints, findEndpoints } from './command-line/endpoints.ts';
import type { Settings } from './command-line/settings.ts';
import { Clients, type UpstreamStatus } from './delivery/clients.ts';
import { type DispatchSettings, Dispatcher } from './delivery/dispatcher.ts';
import { clientsSettings, sendSettings } from './delivery/run-settings.ts';
import { readInput } from './input/read-input.ts';
import { type Row, type RowKind, rowKinds } from './input/row.ts';
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

/** What rows are delivered with. */
interface Delivery {
  readonly journal: Journal;
  readonly progress: Progress;
  readonly interruption: Interruption;
  readonly concurrency: number;
}

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
  const endpoints = findEndpoints(kindsOf(rows), settings, surroundings.env);
  const lock = await OutputLock.acquire(settings.output);
  try {
    const journal = await openOutput(rows, endpoints, settings, surroundings.note);
    try {
      const upstreams = await sendRows(rows, journal, endpoints, settings, surroundings);
      return makeReport(rows.length, recordsOf(rows, journal), upstreams);
    } finally {
      await journal[Symbol.asyncDispose]();
    }
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}

/** Gives how the upstreams were at the end; nothing when there was nothing to send. */
async function sendRows(
  rows: readonly Row[],
  journal: Journal,
  endpoints: Endpoints,
  settings: Settings,
  surroundings: Surroundings,
): Promise<UpstreamStatus[]> {
  const { interruption, note, screen } = surroundings;
  const done = recordsOf(rows, journal).length;
  const waiting = rows.filter(({ id }) => !journal.records.has(id));
  if (done > 0) note(`${settings.output} has the answers to ${done} of ${rows.length} rows`);
  if (waiting.length === 0) return [];

  const rehearsal =
    endpoints === 'rehearsal' ? await startRehearsal(waiting, settings.seed, note) : undefined;
  try {
    const sending = sendSettings(waiting, settings, rehearsal !== undefined);
    const clients = new Clients(
      rehearsal?.endpoints ?? (endpoints as EndpointMap),
      clientsSettings(settings, sending, rehearsal !== undefined, note),
    );
    try {
      const { concurrency } = settings;
      const progress = new Progress(rows.length, done, screen);
      await deliver(waiting, clients, sending, { journal, progress, interruption, concurrency });
      // Once they are closed, they say no more than that.
      return clients.status();
    } finally {
      await clients[Symbol.asyncDispose]();
    }
  } finally {
    await rehearsal?.[Symbol.asyncDispose]();
  }
}

/** Sends the rows, and writes each answer before the next row takes its place. */
async function deliver(
  rows: readonly Row[],
  clients: Clients,
  sending: DispatchSettings,
  { journal, progress, interruption, concurrency }: Delivery,
): Promise<void> {
  const dispatcher = new Dispatcher(clients, sending);
  try {
    await parallel(
      rows,
      async (row, { signal }) => {
        if (interruption.isStopping) return;
        const answer = await dispatcher.dispatch(row, signal);
        // A row is done, and makes room for another, when its line is on the disk.
        await journal.append(answer);
        progress.rowDone(answer, dispatcher.inFlight, clients.troubles());
      },
      { concurrency, signal: interruption.signal },
    );
  } catch (error) {
    // Rows that were left have no line; the report counts them.
    if (error !== interruption.signal.reason) throw error;
  } finally {
    progress.end();
  }
}

/** Loaded when it is needed: a run against the real thing takes no servers along. */
async function startRehearsal(
  rows: readonly Row[],
  seed: number,
  note: (line: string) => void,
): Promise<Rehearsal> {
  const { Rehearsal: Upstreams } = await import('./upstreams/rehearsal.ts');
  return await Upstreams.start({
    kinds: kindsOf(rows),
    seed,
    onCrash: (kind) => note(`the upstream of the ${kind} rows crashed, and is restarted`),
  });
}

/** The kinds of some rows, in the order of the report. */
function kindsOf(rows: readonly Row[]): RowKind[] {
  return rowKinds.filter((kind) => rows.some((row) => row.kind === kind));
}

/** The lines of the output that are about the rows; others are of rows that were taken away. */
function recordsOf(rows: readonly Row[], journal: Journal): AnswerRecord[] {
  return rows.flatMap(({ id }) => journal.records.get(id) ?? []);
}
