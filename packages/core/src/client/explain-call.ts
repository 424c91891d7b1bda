import type { Phase } from '../errors/linkspan-error.ts';
import { redactText } from '../secrets/redact-text.ts';
import { redactUrl } from '../secrets/redact-url.ts';
import type { Explanation } from '../settings/explain-config.ts';
import { adviseOn } from './advise-on.ts';
import type { CallRecord } from './call-log.ts';
import type { CallEvent, CallMark, FailureNote } from './call-trail.ts';
import { type LimitingOption, limitingOption, showLimit } from './limiting-option.ts';
import { showMs } from './show-ms.ts';

/** One moment of a call. */
export interface TimelineEntry {
  /** Since the call began. */
  readonly atMs: number;
  /**
   * The phase that begins (`queue`, `connect`, `headers`, `body`, `backoff`), or what happened: the
   * transport is given an `attempt`, one has `failed`, a stream has `resumed`, the call has `ended`.
   */
  readonly event: CallEvent | 'ended';
  /** 1 for the first try. */
  readonly attempt: number;
  /** The same in words. */
  readonly detail: string;
  /** Of `backoff`. */
  readonly waitMs?: number;
  /** Of `failed` and `ended`. */
  readonly failure?: FailureNote;
}

/** What happened to a call that failed: plain data without secrets. */
export interface CallExplanation {
  readonly call: {
    /** Counts up within a client. */
    readonly id: number;
    readonly operation: string;
    /** Without user, password and the values of the query. */
    readonly target: string;
    readonly streaming: boolean;
  };
  /** On the clock of the client. */
  readonly startedAt: number;
  readonly elapsedMs: number;
  readonly attempts: number;
  /**
   * Who ended the call: its `caller`, whose signal aborted; the `client`, which was closed, itself or
   * its transport; a `clock`, of which `option` says more; or a `failure`.
   */
  readonly endedBy: 'caller' | 'client' | 'clock' | 'failure';
  /** The option whose limit ended the call. */
  readonly option?: LimitingOption;
  /** What happened, in its order. Of very many entries, some behind the first ones are left out. */
  readonly entries: readonly TimelineEntry[];
  /** How many entries are left out. */
  readonly omitted: number;
  /** What would have helped, as far as that can be known. */
  readonly advice: readonly string[];
  /** All of it in a few sentences. */
  readonly summary: string;
}

/** Tells what happened to a call, and which of the options of its client was to blame. */
export function explainCall(
  record: CallRecord,
  config: Readonly<Record<string, Explanation>>,
): CallExplanation {
  const { id, operation, streaming, startedAt, endedAt, attempt, omitted } = record;
  const failure = shown(record.failure);
  const endedBy = enderOf(record);
  const option = endedBy === 'clock' ? limitingOption(record, config) : undefined;
  const call = { id, operation, target: redactUrl(record.target), streaming };
  const elapsedMs = since(startedAt, endedAt);
  const advice = adviseOn(record, option, config);
  const entries = record.marks.map((mark) => toEntry(mark, startedAt));
  const detail = describeEnd(endedBy, failure);
  entries.push({ atMs: elapsedMs, event: 'ended', attempt, detail, failure });
  const sentences = [
    `${operation} ${call.target}: ${detail}, after ${showMs(elapsedMs)}, in attempt ${attempt}`,
    ...(option === undefined ? [] : [`The limit was ${showLimit(option)}`]),
    ...describeTime(record),
    ...(advice.length === 0 ? [] : [`What would help: ${advice.join('; ')}`]),
  ];
  return {
    call,
    startedAt,
    elapsedMs,
    attempts: attempt,
    endedBy,
    ...(option !== undefined && { option }),
    entries,
    omitted,
    advice,
    summary: sentences.join('. '),
  };
}

function enderOf({ isAborted, failure, clock }: CallRecord): CallExplanation['endedBy'] {
  if (isAborted) return 'caller';
  if (clock !== undefined) return 'clock';
  return failure.kind === 'closed' ? 'client' : 'failure';
}

function describeEnd(endedBy: CallExplanation['endedBy'], failure: FailureNote): string {
  const { name, message } = failure;
  if (endedBy === 'caller') return `its caller aborted it (${name})`;
  return message === undefined
    ? `it failed with an error that is not Linkspan's (${name})`
    : message;
}

function toEntry(mark: CallMark, startedAt: number): TimelineEntry {
  const { at, attempt, event, waitMs } = mark;
  const failure = mark.failure && shown(mark.failure);
  return {
    atMs: since(startedAt, at),
    event,
    attempt,
    detail: describeMark(mark, failure),
    ...(waitMs !== undefined && { waitMs }),
    ...(failure !== undefined && { failure }),
  };
}

function describeMark(mark: CallMark, failure: FailureNote | undefined): string {
  const { attempt, event, waitMs = 0, askedBy } = mark;
  switch (event) {
    case 'attempt':
      return `the transport is given attempt ${attempt}`;
    case 'failed':
      return failure?.message ?? `attempt ${attempt} failed`;
    case 'resumed':
      return 'the stream goes on with another answer';
    case 'backoff':
      return `the next try waits ${showMs(waitMs)}, ${askerWords[askedBy ?? 'nobody']}`;
    default:
      return phaseWords[event];
  }
}

const askerWords = {
  peer: 'as the peer asks',
  layer: 'as the layer asks that refused it',
  nobody: 'which is the backoff',
} as const;

const phaseWords: Readonly<Record<Phase, string>> = {
  queue: 'it waits for its turn',
  dns: 'the name of the peer is resolved',
  connect: 'a connection is made',
  tls: 'the TLS handshake is made',
  send: 'the request is sent',
  headers: 'the request is on its way, and the head of the answer is waited for',
  body: 'the head has come, and the body is read',
  idle: 'the body is silent',
  backoff: 'the next try waits',
  close: 'it is closed',
};

/** What the time went by with, the longest first. */
function describeTime({ marks, startedAt, endedAt, omitted }: CallRecord): string[] {
  if (omitted > 0) return [];
  const spent = new Map<string, number>();
  for (const [index, { at, event }] of marks.entries()) {
    const name = timeName[event];
    const ms = (marks[index + 1]?.at ?? endedAt) - at;
    if (name !== undefined && ms > 0) spent.set(name, (spent.get(name) ?? 0) + ms);
  }
  const worthTelling = (endedAt - startedAt) / 100;
  const parts = [...spent].filter(([, ms]) => ms >= worthTelling).toSorted(([, a], [, b]) => b - a);
  if (parts.length < 2) return [];
  return [`The time went to ${parts.map(([name, ms]) => `${name} (${showMs(ms)})`).join(', ')}`];
}

const timeName: Readonly<Partial<Record<CallEvent, string>>> = {
  queue: 'waiting for a turn',
  dns: 'connecting',
  connect: 'connecting',
  tls: 'connecting',
  send: 'sending',
  attempt: 'waiting for the head of an answer',
  headers: 'waiting for the head of an answer',
  body: 'the body',
  resumed: 'the body',
  backoff: 'waiting between tries',
};

/** The second line of defence: the text of a failure may be that of a layer or a transport of others. */
function shown(failure: FailureNote): FailureNote {
  const { message } = failure;
  return message === undefined ? failure : { ...failure, message: redactText(message) };
}

/** To the microsecond: differences of fractions would tell 19.999999999998 for 20. */
function since(start: number, at: number): number {
  return Math.round((at - start) * 1_000) / 1_000;
}
