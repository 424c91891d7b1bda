import { type Clock, Deadline } from '@linkspan/concurrency';
import type { CallContext } from '../transport.ts';
import type { EntryFacts } from './entry-facts.ts';
import type { Probe } from './managed-client.ts';
import { untilDone } from './until-done.ts';

/** What ends the wait for a client. */
interface Limits {
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/**
 * Connects a client. What has no `connect` is connected when it shows a sign of life.
 *
 * @throws TimeoutError after `connectMs`; `signal.reason`; what the client throws.
 */
export async function connectClient(
  { id, client, probe }: EntryFacts,
  { signal, clock, connectMs }: Limits & { readonly connectMs: number },
): Promise<void> {
  const connect = async (ending: AbortSignal): Promise<void> => {
    if (client.connect !== undefined) await client.connect();
    else await probe?.(client, probeContext(ending, connectMs, clock));
  };
  const message = `Cannot connect '${id}'`;
  const state = 'it was not connected';
  const limit = { name: 'connectMs', ms: connectMs, clock, message, state };
  await untilDone(connect, { signal, limit });
}

/**
 * Asks a client for a sign of life.
 *
 * @throws TimeoutError after `timeoutMs`; `signal.reason`; what the probe throws.
 */
export async function probeClient(
  { id, client, health }: EntryFacts,
  probe: Probe,
  { signal, clock }: Limits,
): Promise<void> {
  const { timeoutMs } = health;
  const message = `Cannot check '${id}'`;
  const limit = { name: 'timeoutMs', ms: timeoutMs, clock, message, state: 'no sign of life came' };
  await untilDone((ending) => probe(client, probeContext(ending, timeoutMs, clock)), {
    signal,
    limit,
  });
}

function probeContext(signal: AbortSignal, totalMs: number, clock: Clock): CallContext {
  return {
    signal,
    deadline: Deadline.after(totalMs, clock),
    attempt: 1,
    streaming: false,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: (status) => status < 400,
  };
}
