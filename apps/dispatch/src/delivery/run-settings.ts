import type { UpstreamId } from '../command-line/endpoints.ts';
import type { Settings } from '../command-line/settings.ts';
import type { Row } from '../input/row.ts';
import type { ClientsSettings } from './clients.ts';
import type { DispatchSettings } from './dispatcher.ts';
import { limitWaitMs } from './limit-wait.ts';

/** A rehearsal stalls on purpose: its clocks are short, so that it does not take long. */
export function sendSettings(
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
export function clientsSettings(
  { concurrency, rpm, tpm, fallbackModel }: Settings,
  { firstEventMs }: DispatchSettings,
  isRehearsal: boolean,
  note: (line: string) => void,
): ClientsSettings {
  return {
    connections: concurrency,
    answerMs: firstEventMs,
    checkEveryMs: isRehearsal ? 2_000 : 15_000,
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
