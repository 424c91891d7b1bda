import type { Phase, Sent } from '../errors/linkspan-error.ts';
import { TimeoutError } from '../errors/local-errors.ts';
import type { CallContext } from '../transport.ts';

/** Where the call was when its clock ran out, and what had become of the request. */
export interface TimeoutPlace {
  readonly phase: Phase;
  readonly sent: Sent;
  /** Who was to answer, for the message: `https://api.example.com`. */
  readonly peer?: string | undefined;
  /** What did not happen, for the message, where the phase does not say it: `no permit came`. */
  readonly missed?: string | undefined;
  /** When the attempt began, on the clock of the deadline. @default as long ago as the limit */
  readonly startedAt?: number | undefined;
}

/** What a call waits for in each phase. */
const waitingFor: Readonly<Record<Phase, string>> = {
  queue: 'its turn did not come',
  dns: 'the name was not resolved',
  connect: 'no connection was made',
  tls: 'the TLS handshake did not end',
  send: 'the request was not sent',
  headers: 'no head of an answer came',
  body: 'the body did not end',
  idle: 'the body did not end',
  backoff: 'the wait before the next try did not end',
  close: 'it was not closed',
};

/** The failure of a call whose deadline has come. Another try cannot help: it is never retried. */
export function deadlineError(
  context: Pick<CallContext, 'deadline' | 'call'>,
  place: TimeoutPlace,
): TimeoutError {
  const { phase, sent, peer, missed = waitingFor[phase] } = place;
  const { at, clock } = context.deadline;
  const now = clock.now();
  const startedAt = context.call?.startedAt ?? place.startedAt ?? now;
  // To the microsecond: the sum and difference of fractions would tell 19.999999999998 for 20.
  const limitMs = Math.max(0, Math.round((at - startedAt) * 1_000) / 1_000);
  const state =
    limitMs === 0 ? 'its deadline has passed' : `${missed} within its ${show(limitMs)} (totalMs)`;
  return new TimeoutError(`Cannot finish the call${named(' to', peer)}: ${state}`, {
    clock: 'totalMs',
    code: 'deadline',
    limitMs,
    elapsedMs: now - startedAt,
    phase,
    sent,
  });
}

/** The failure of an attempt that had no head of an answer after `attemptMs`. */
export function attemptTimeoutError(context: CallContext, place: TimeoutPlace): TimeoutError {
  const { phase, sent, peer, startedAt } = place;
  const limitMs = context.attemptMs;
  return new TimeoutError(
    `Cannot get an answer${named(' from', peer)}: ${waitingFor[phase]} within ${show(limitMs)} (attemptMs)`,
    {
      clock: 'attemptMs',
      code: 'headers_timeout',
      limitMs,
      elapsedMs: startedAt === undefined ? limitMs : context.deadline.clock.now() - startedAt,
      phase,
      sent,
      retryable: sent === 'no' ? 'yes' : 'if-idempotent',
    },
  );
}

/** The failure of a body that was silent for `idleMs` while somebody waited for it. */
export function idleTimeoutError(
  context: CallContext,
  { peer, elapsedMs }: { readonly peer?: string; readonly elapsedMs?: number } = {},
): TimeoutError {
  const limitMs = context.idleMs;
  return new TimeoutError(
    `Cannot read the answer${named(' of', peer)}: nothing has come for ${show(limitMs)} (idleMs)`,
    {
      clock: 'idleMs',
      code: 'body_timeout',
      limitMs,
      elapsedMs: elapsedMs ?? limitMs,
      phase: 'body',
      sent: 'yes',
      retryable: 'if-idempotent',
    },
  );
}

function show(ms: number): string {
  return ms >= 1000 ? `${Number((ms / 1000).toFixed(1))} s` : `${Math.round(ms)} ms`;
}

function named(word: string, peer: string | undefined): string {
  return peer === undefined ? '' : `${word} ${peer}`;
}
