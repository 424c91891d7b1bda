import { ConfigurationError, type ConfigurationIssue } from '@linkspan/core';
import type { StreamSample } from '../samples/stream-sample.ts';

/** A good stream, checked, in the parts that faults are made of. */
export interface StreamParts {
  readonly contentType: string;
  readonly isSse: boolean;
  readonly hasTerminator: boolean;
  /** More of the stream may follow its terminator. */
  readonly mayGoOn: boolean;
  readonly events: readonly string[];
  /** What comes before the cut. */
  readonly before: readonly string[];
  /** What comes behind it; never empty where there is a terminator. */
  readonly rest: readonly string[];
  readonly error: string | undefined;
  readonly noProgress: string | undefined;
  readonly malformed: string;
}

/**
 * Takes a sample apart at a cut.
 *
 * @throws ConfigurationError with everything that is wrong with the two.
 */
export function splitSample(sample: StreamSample, cutAfterEvents: number | undefined): StreamParts {
  const { contentType, events, terminal, error, noProgress } = sample;
  const issues: ConfigurationIssue[] = [];
  if (events.length === 0) issues.push({ option: 'events', message: 'expected one or more' });
  if (!Number.isInteger(terminal) || terminal < 0 || terminal > events.length) {
    const message = `expected an integer from 0 to ${events.length}, found ${terminal}`;
    issues.push({ option: 'terminal', message });
  }
  const last = terminal > 0 ? events.length - 1 : events.length;
  const cut = cutAfterEvents ?? Math.ceil((events.length - terminal) / 2);
  if (issues.length === 0 && (!Number.isInteger(cut) || cut < 0 || cut > last)) {
    const message = `expected an integer from 0 to ${last}, found ${cut}`;
    issues.push({ option: 'cutAfterEvents', message });
  }
  if (issues.length > 0) {
    const told = issues.map(({ option, message }) => `${option}: ${message}`).join('; ');
    throw new ConfigurationError(`Cannot make streamFaults(): ${told}`, { issues });
  }
  const isSse = contentType.startsWith('text/event-stream');
  return {
    contentType,
    isSse,
    hasTerminator: terminal > 0,
    mayGoOn: sample.mayGoOn ?? false,
    events,
    before: events.slice(0, cut),
    rest: events.slice(cut),
    error,
    noProgress,
    malformed: sample.malformed ?? (isSse ? 'data: {"broken\n\n' : '{"broken\n'),
  };
}
