import { Deadline } from '@linkspan/concurrency';
import type { CallContext, TransportResponse } from '@linkspan/core';

/** The context of one call, as a client without limits would make it. */
export function contextOf(facts: Partial<CallContext> = {}): CallContext {
  return {
    signal: undefined,
    deadline: Deadline.unlimited,
    attempt: 1,
    streaming: false,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: () => true,
    ...facts,
  };
}

/** The body of an answer as text. */
export async function textOf(response: TransportResponse): Promise<string> {
  return Buffer.concat(await response.body.collect()).toString();
}

/** What a promise rejects with; it must reject. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`Expected a rejection, found ${JSON.stringify(value)}`);
}
