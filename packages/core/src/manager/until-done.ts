import { CancelScope, type Clock, Deadline } from '@linkspan/concurrency';
import { TimeoutError } from '../errors/local-errors.ts';

/** How long something may take, and what is said when it takes longer. */
export interface TimeLimit {
  /** The option that sets it. */
  readonly name: string;
  readonly ms: number;
  readonly clock: Clock;
  /** What could not be done, and how it stood: `'Cannot check x'`, `'no sign of life came'`. */
  readonly message: string;
  readonly state: string;
}

/**
 * What a function gives, or what ends the wait for it: then the function is told by its signal and
 * left behind, whatever it still does.
 *
 * @throws the caller's `signal.reason`; TimeoutError when the time is up; what the function throws.
 */
export async function untilDone<Value>(
  run: (signal: AbortSignal) => Promise<Value>,
  limits: { readonly signal: AbortSignal | undefined; readonly limit?: TimeLimit },
): Promise<Value> {
  const { signal: parent, limit } = limits;
  const startedAt = limit?.clock.now() ?? 0;
  const scope = new CancelScope({
    parent,
    ...(limit !== undefined && {
      deadline: Deadline.after(limit.ms, limit.clock),
      timeoutReason: () => timeoutError(limit, limit.clock.now() - startedAt),
    }),
  });
  try {
    scope.throwIfAborted();
    return await scope.race((async () => await run(scope.signal))());
  } finally {
    scope[Symbol.dispose]();
  }
}

function timeoutError({ name, ms, message, state }: TimeLimit, elapsedMs: number): TimeoutError {
  const shown = ms >= 1000 ? `${Number((ms / 1000).toFixed(1))} s` : `${Math.round(ms)} ms`;
  const isConnect = name === 'connectMs';
  return new TimeoutError(`${message}: ${state} within ${shown} (${name})`, {
    // A check is a call, and its limit the whole time that it has.
    clock: isConnect ? 'connectMs' : 'totalMs',
    code: isConnect ? 'connect_timeout' : 'check_timeout',
    limitMs: ms,
    elapsedMs,
    phase: isConnect ? 'connect' : 'headers',
    sent: isConnect ? 'no' : 'maybe',
    retryable: 'yes',
  });
}
