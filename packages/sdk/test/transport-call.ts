import { type CallContext, Deadline } from '@linkspan/core';

/** The context of a call without limits. */
export function contextOf(facts: Partial<CallContext> = {}): CallContext {
  return {
    signal: undefined,
    deadline: Deadline.unlimited,
    attempt: 1,
    streaming: false,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: (status) => status < 400,
    ...facts,
  };
}
