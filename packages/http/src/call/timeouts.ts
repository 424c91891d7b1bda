import { ConnectionTimeoutError, type Phase, type Sent, TimeoutError } from '@linkspan/core';

/** Where a call was when a clock ran out. */
export interface TimeoutPoint {
  readonly origin: string;
  readonly phase: Phase;
  readonly sent: Sent;
  readonly limitMs: number;
  readonly elapsedMs: number;
}

/** What a call waits for in each phase. */
const waitingFor: Readonly<Record<string, string>> = {
  queue: 'a connection was not free',
  dns: 'its name was not resolved',
  connect: 'no connection was made',
  tls: 'the TLS handshake did not end',
  send: 'the request was not sent',
  headers: 'no head of an answer came',
  body: 'the body did not end',
};

/** The deadline of the whole call came. Trying again would not help: the time is over. */
export function deadlinePassed(point: TimeoutPoint): TimeoutError {
  const { origin, phase, sent, limitMs, elapsedMs } = point;
  return new TimeoutError(
    `Cannot finish the call to ${origin}: ${waitingFor[phase]} within its deadline${after(elapsedMs)}`,
    { clock: 'totalMs', code: 'deadline', phase, sent, limitMs, elapsedMs },
  );
}

/** One attempt had no head of an answer after `attemptMs`. */
export function attemptTimedOut(point: TimeoutPoint): TimeoutError {
  const { origin, phase, sent, limitMs, elapsedMs } = point;
  return new TimeoutError(
    `Cannot get an answer from ${origin}: ${waitingFor[phase]} within ${show(limitMs)} (attemptMs)`,
    {
      clock: 'attemptMs',
      code: 'headers_timeout',
      phase,
      sent,
      limitMs,
      elapsedMs,
      retryable: sent === 'no' ? 'yes' : 'if-idempotent',
    },
  );
}

/** The call waited for a free connection longer than `queueMs`. Nothing was sent. */
export function queueTimedOut({ origin, limitMs, elapsedMs }: TimeoutPoint): TimeoutError {
  return new TimeoutError(
    `Cannot send the request to ${origin}: no connection was free within ${show(limitMs)} (queueMs)`,
    {
      clock: 'queueMs',
      code: 'queue_timeout',
      phase: 'queue',
      limitMs,
      elapsedMs,
      retryable: 'yes',
    },
  );
}

/** The body was silent for `idleMs` while somebody waited for it. */
export function bodyTimedOut({ origin, limitMs, elapsedMs }: TimeoutPoint): TimeoutError {
  return new TimeoutError(
    `Cannot read the answer of ${origin}: nothing came for ${show(limitMs)} (idleMs)`,
    {
      clock: 'idleMs',
      code: 'body_timeout',
      phase: 'body',
      sent: 'yes',
      limitMs,
      elapsedMs,
      retryable: 'if-idempotent',
    },
  );
}

/** The connection was not made within `connectMs`, the name and TLS included. */
export function connectTimedOut(point: TimeoutPoint): ConnectionTimeoutError {
  const { origin, phase, limitMs, elapsedMs } = point;
  return new ConnectionTimeoutError(
    `Cannot connect to ${origin}: ${waitingFor[phase]} within ${show(limitMs)} (connectMs)`,
    { phase, limitMs, elapsedMs },
  );
}

function after(elapsedMs: number): string {
  return Number.isFinite(elapsedMs) ? `, after ${show(elapsedMs)}` : '';
}

function show(ms: number): string {
  return ms >= 1000 ? `${Number((ms / 1000).toFixed(1))} s` : `${Math.round(ms)} ms`;
}
