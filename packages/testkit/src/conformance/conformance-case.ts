import type { Capabilities } from '@linkspan/core';
import type { Stage } from './fixture.ts';

/** Which of the eight promises of a transport a case is about; see `Transport` in `@linkspan/core`. */
export type PromiseNumber = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** What a case may need of a transport. */
export type Need = keyof Capabilities;

/** Whether the transport has it, by its own word or by the default of the contract. */
export function hasCapability(capabilities: Capabilities, need: Need): boolean {
  return capabilities[need] ?? need === 'backpressure';
}

/** How a case is run. */
export interface CaseOptions {
  /**
   * How long anything may take that has to come, before the case fails and tells what it waited
   * for. It is a limit against hanging and no measure of speed. @default 10,000
   */
  readonly patienceMs?: number;
}

/** One thing that a transport has to keep, as data. */
export interface ConformanceCase {
  /** Stable across versions: `'p4-cut-by-reset'`. */
  readonly id: string;
  readonly promise: PromiseNumber;
  /** A sentence about the transport: `'fails a body whose wire was reset'`. */
  readonly title: string;
  /** Which capabilities the case needs; nothing else skips it. */
  readonly needs: readonly Need[];
  /**
   * Throws, with a message for the author of the transport, when the promise is not kept. The stage
   * is used up, and left to be closed by the caller.
   */
  run(stage: Stage, options?: CaseOptions): Promise<void>;
}
