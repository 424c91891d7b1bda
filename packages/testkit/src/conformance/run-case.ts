import type { Capabilities } from '@linkspan/core';
import type { CaseOptions, ConformanceCase, PromiseNumber } from './conformance-case.ts';
import type { ConformanceFixture, Stage } from './fixture.ts';

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
  try {
    const { capabilities } = stage.transport;
    const missing = needs.filter((capability) => !capabilities[capability]);
    if (missing.length > 0) {
      const reason = `The transport says that it cannot: ${missing.join(', ')}`;
      return { result: { id, promise, title, status: 'skipped', reason }, capabilities };
    }
    try {
      await conformanceCase.run(stage, options);
      return { result: { id, promise, title, status: 'passed' }, capabilities };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { result: { id, promise, title, status: 'failed', reason }, capabilities, error };
    }
  } finally {
    await takeDown(stage);
  }
}

/** How long a transport may take to close after its case. */
const TAKE_DOWN_MS = 2_000;

/** A transport that hangs, or fails, while it closes has failed its case for that, if that was it. */
async function takeDown(stage: Stage): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, TAKE_DOWN_MS);
  });
  try {
    await Promise.race([stage.transport.close(), limit]);
  } catch {
    // The cases of promise 6 are about it.
  } finally {
    clearTimeout(timer);
    await stage.close();
  }
}
