import { fileURLToPath } from 'node:url';
import { parallel } from 'linkspan';
import {
  type EndpointMap,
  type Endpoints,
  findEndpoints,
  type UpstreamId,
} from './command-line/endpoints.ts';
import type { Settings } from './command-line/settings.ts';
import { Clients, type ClientsSettings, type UpstreamStatus } from './delivery/clients.ts';
import { type DispatchSettings, Dispatcher } from './delivery/dispatcher.ts';
import { limitWaitMs } from './delivery/limit-wait.ts';
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
    let upstreams: UpstreamStatus[];
    try {
      upstreams = await sendRows(rows, journal, endpoints, settings, surroundings);
    } finally {
      await journal[Symbol.asyncDispose]();
    }
    return makeReport(rows.length, recordsOf(rows, journal), upstreams);
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
    endpoints === 'rehearsal' ? await startRehearsal(settings.seed, note) : undefined;
  const rehearses = rehearsal !== undefined;
  const sending = sendSettings(waiting, settings, rehearses);
  const clients = new Clients(
    rehearsal?.endpoints ?? (endpoints as EndpointMap),
    clientsSettings(settings, sending, rehearses, note),
  );
  const progress = new Progress(rows.length, done, screen);
  const dispatcher = new Dispatcher(clients, sending);
  let upstreams: UpstreamStatus[] = [];
  try {
    await parallel(
      waiting,
      async (row, { signal }) => {
        if (interruption.isStopping) return;
        const answer = await dispatcher.dispatch(row, signal);
        // A row is done, and makes room for another, when its line is on the disk.
        await journal.append(answer);
        progress.rowDone(answer, dispatcher.inFlight, clients.troubles());
      },
      { concurrency: settings.concurrency, signal: interruption.signal },
    );
  } catch (error) {
    // Rows that were left have no line; the report counts them.
    if (error !== interruption.signal.reason) throw error;
  } finally {
    progress.end();
    // Once they are closed, they say no more than that.
    upstreams = clients.status();
    await clients[Symbol.asyncDispose]();
    await rehearsal?.[Symbol.asyncDispose]();
  }
  return upstreams;
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
function sendSettings(
  rows: readonly Row[],
  settings: Settings,
  isRehearsal: boolean,
): DispatchSettings {
  const totalMs = settings.totalMs ?? (isRehearsal ? 20_000 : 300_000);
  return {
    retries: settings.retries,
    retryBaseMs: isRehearsal ? 100 : 500,
    budgetWaitMs: isRehearsal ? 250 : 1_000,
    totalMs: totalMs + limitWaitMs(rows, settings),
    firstEventMs: settings.firstEventMs ?? (isRehearsal ? 700 : 60_000),
    eventIdleMs: settings.eventIdleMs ?? (isRehearsal ? 700 : 120_000),
    mayResend: !settings.noResend,
  };
}

/** The same for what stands before the upstreams: what takes minutes elsewhere takes seconds here. */
function clientsSettings(
  { concurrency, rpm, tpm, fallbackModel }: Settings,
  { firstEventMs }: DispatchSettings,
  isRehearsal: boolean,
  note: (line: string) => void,
): ClientsSettings {
  return {
    connections: concurrency,
    answerMs: firstEventMs,
    checkEveryMs: isRehearsal ? 1_000 : 15_000,
    requestsPerMinute: rpm,
    tokensPerMinute: tpm,
    circuit: isRehearsal
      ? { rule: { consecutive: 3 }, openMs: 500 }
      : { rule: { consecutive: 5 }, openMs: 10_000 },
    retriesPerSecond: isRehearsal ? 2 : 3,
    fallbackModel,
    onCircuit: (ids, isOpen) => note(circuitNote(ids, isOpen)),
  };
}

function circuitNote(ids: readonly UpstreamId[], isOpen: boolean): string {
  const kinds = ids.filter((id) => id !== 'fallback').join(' and ');
  const who = kinds === '' ? 'the fallback' : `the upstream of the ${kinds} rows`;
  return isOpen
    ? `${who} is down: its circuit is open, and nothing is sent but a trial now and then`
    : `${who} is back: its circuit is closed`;
}

/** The lines of the output that are about the rows; others are of rows that were taken away. */
function recordsOf(rows: readonly Row[], journal: Journal): AnswerRecord[] {
  return rows.flatMap(({ id }) => journal.records.get(id) ?? []);
}
