import type { Phase, Sent } from '../errors/linkspan-error.ts';
import { TimeoutError } from '../errors/local-errors.ts';
import type { CallContext } from '../transport.ts';

/** Where the call was when its clock ran out, and what had become of the request. */
export interface TimeoutPlace {
  readonly phase: Phase;
  readonly sent: Sent;
}

/** The failure of a call whose deadline has come. Another try cannot help: it is never retried. */
export function deadlineError(context: CallContext, { phase, sent }: TimeoutPlace): TimeoutError {
  const now = context.deadline.clock.now();
  const startedAt = context.call?.startedAt ?? now;
  const limitMs = Math.max(0, context.deadline.at - startedAt);
  return new TimeoutError(
    `Cannot finish the call: its ${show(limitMs)} (totalMs) are over${during(phase)}`,
    { clock: 'totalMs', code: 'deadline', limitMs, elapsedMs: now - startedAt, phase, sent },
  );
}

/** The failure of an attempt that had no head of an answer after `attemptMs`. */
export function attemptTimeoutError(
  context: CallContext,
  { phase, sent }: TimeoutPlace,
): TimeoutError {
  const limitMs = context.attemptMs;
  return new TimeoutError(
    `Cannot get an answer: there was no head of one within ${show(limitMs)} (attemptMs)`,
    {
      clock: 'attemptMs',
      code: 'headers_timeout',
      limitMs,
      elapsedMs: limitMs,
      phase,
      sent,
      retryable: 'if-idempotent',
    },
  );
}

/** The failure of a body that was silent for `idleMs` while somebody waited for it. */
export function idleTimeoutError(context: CallContext): TimeoutError {
  const limitMs = context.idleMs;
  return new TimeoutError(
    `Cannot read the body: nothing has arrived for ${show(limitMs)} (idleMs)`,
    {
      clock: 'idleMs',
      code: 'body_timeout',
      limitMs,
      elapsedMs: limitMs,
      phase: 'body',
      sent: 'yes',
      retryable: 'if-idempotent',
    },
  );
}

function during(phase: Phase): string {
  switch (phase) {
    case 'headers':
      return ', and no answer has come';
    case 'body':
      return ', and the answer is not complete';
    case 'backoff':
      return ', and the wait before the next try is not';
    default:
      return '';
  }
}

function show(ms: number): string {
  return ms >= 1000 ? `${Number((ms / 1000).toFixed(1))} s` : `${Math.round(ms)} ms`;
}
