import type { Capabilities } from '@linkspan/core';
import {
  type CaseOptions,
  type ConformanceCase,
  hasCapability,
  type PromiseNumber,
} from './conformance-case.ts';
import type { ConformanceFixture } from './fixture.ts';
import { takeDown } from './take-down.ts';
import { failOnUnhandled } from './unhandled.ts';

/** What became of one case. */
export interface CaseResult {
  readonly id: string;
  readonly promise: PromiseNumber;
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Why it failed, or which capability is missing. */
  readonly reason?: string;
}

/** What became of one case, with what only this process can use. */
export interface CaseRun {
  readonly result: CaseResult;
  readonly capabilities: Capabilities;
  /** What the case threw. */
  readonly error?: unknown;
}

/** Runs a case on a stage of its own, and takes the stage down, however the case ends. */
export async function runCase(
  fixture: ConformanceFixture,
  conformanceCase: ConformanceCase,
  options: CaseOptions = {},
): Promise<CaseRun> {
  const { id, promise, title, needs } = conformanceCase;
  const stage = await fixture.open();
  const { capabilities } = stage.transport;
  const tell = (status: CaseResult['status'], reason?: string): CaseResult => ({
    id,
    promise,
    title,
    status,
    ...(reason !== undefined && { reason }),
  });
  const missing = needs.filter((need) => !hasCapability(capabilities, need));
  if (missing.length > 0) {
    await takeDown(stage, options);
    const reason = `The transport says that it cannot: ${missing.join(', ')}`;
    return { result: tell('skipped', reason), capabilities };
  }
  try {
    await failOnUnhandled(async () => {
      try {
        await conformanceCase.run(stage, options);
      } finally {
        await takeDown(stage, options);
      }
    });
    return { result: tell('passed'), capabilities };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { result: tell('failed', reason), capabilities, error };
  }
}
