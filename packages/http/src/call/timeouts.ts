import { ConnectionTimeoutError, type Phase, TimeoutError } from '@linkspan/core';

/** What the clocks of the pool tell when they run out. */
export interface TimeoutPoint {
  readonly origin: string;
  readonly limitMs: number;
  readonly elapsedMs: number;
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

/** What the making of a connection waits for in each of its phases. */
const waitingFor: Readonly<Partial<Record<Phase, string>>> = {
  dns: 'its name was not resolved',
  tls: 'the TLS handshake did not end',
};

/** The connection was not made within `connectMs`, the name and TLS included. */
export function connectTimedOut(phase: Phase, point: TimeoutPoint): ConnectionTimeoutError {
  const { origin, limitMs, elapsedMs } = point;
  const state = waitingFor[phase] ?? 'no connection was made';
  return new ConnectionTimeoutError(
    `Cannot connect to ${origin}: ${state} within ${show(limitMs)} (connectMs)`,
    { phase, limitMs, elapsedMs },
  );
}

function show(ms: number): string {
  return ms >= 1000 ? `${Number((ms / 1000).toFixed(1))} s` : `${Math.round(ms)} ms`;
}
