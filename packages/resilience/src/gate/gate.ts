import type { CallContext, TransportRequest, TransportResponse } from '@linkspan/core';

/**
 * What a layer does that decides whether and when calls go: the breaker, the rate limit and the
 * bulkhead are gates. `gated()` makes a layer of one.
 */
export interface Gate {
  /**
   * Lets an attempt through: at once, or when it has waited. It throws, or rejects with, what refuses
   * it.
   */
  admit(request: TransportRequest, context: CallContext): Pass | Promise<Pass>;
}

/** An attempt that was let through. It is told what becomes of it. */
export interface Pass {
  /** The head of the answer is there. Gives the answer, or another in its place. */
  answered(response: TransportResponse): TransportResponse;
  /**
   * The attempt has failed: a gate behind this one refused it, it has no answer, or `answered` threw,
   * of this pass or of another.
   */
  failed(error: unknown): void;
}
