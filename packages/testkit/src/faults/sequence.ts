import { type MemoryAnswer, type MemoryHandler, TransportError } from '@linkspan/core';

/** An answer, or a function that gives one: a fault, for instance. */
export type Step = MemoryAnswer | MemoryHandler;

/**
 * Answers the first call with the first step, the second with the second, in the order in which the
 * calls arrive; what `after` gives answers all calls beyond the last step.
 *
 * ```ts
 * const transport = memoryTransport(sequence([fault.refused(), fault.status(503), { body: 'ok' }]));
 * ```
 *
 * Without `after`, a call beyond the last step fails with a `TransportError` of the code
 * `'sequence_over'`, which is not tried again.
 */
export function sequence(steps: readonly Step[], after?: Step): MemoryHandler {
  let calls = 0;
  return (request, call) => {
    calls += 1;
    const step = steps[calls - 1] ?? after;
    if (step === undefined) {
      throw new TransportError(
        `Cannot answer call ${calls} (${request.operation} ${request.target}): the sequence ended after ${steps.length}`,
        { code: 'sequence_over', sent: 'no' },
      );
    }
    return typeof step === 'function' ? step(request, call) : step;
  };
}
