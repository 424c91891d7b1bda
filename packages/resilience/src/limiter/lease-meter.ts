import {
  LinkspanError,
  OverloadedError,
  reportHookError,
  StatusError,
  type Usage,
  type UsageMeter,
} from '@linkspan/core';
import type { Cost } from './limiter-options.ts';
import type { RateLimitLease } from './rate-limit-lease.ts';

/** Reads what a whole answer says that it used; `undefined` when it does not tell. */
export type AnswerUsageReader = (answer: unknown) => Usage | undefined;

type Tokens = Omit<Cost, 'requests'>;

const NOTHING: Tokens = { inputTokens: 0, outputTokens: 0 };

/**
 * Settles a permit by what the answer to its call used. What is not known stays reserved: all of it
 * where nothing was told, and the output of a stream that did not come to its end, unless more of it
 * was told than was reserved.
 */
export class LeaseMeter implements UsageMeter {
  readonly #lease: RateLimitLease;
  readonly #read: AnswerUsageReader;

  constructor(lease: RateLimitLease, read: AnswerUsageReader) {
    this.#lease = lease;
    this.#read = read;
  }

  used(usage: Usage, isFinal: boolean): void {
    const { inputTokens, outputTokens } = tokensOf(usage);
    const [, , , reserved] = this.#lease.amounts;
    this.#lease.settle({
      ...(inputTokens !== undefined && { inputTokens }),
      ...(outputTokens !== undefined && {
        outputTokens: isFinal ? outputTokens : Math.max(outputTokens, reserved),
      }),
    });
  }

  decoded(answer: unknown): void {
    let usage: Usage | undefined;
    try {
      usage = this.#read(answer);
    } catch (error) {
      reportHookError('usage', error);
    }
    if (usage !== undefined) this.used(usage, true);
  }

  failed(error: unknown): void {
    if (usedNothing(error)) this.#lease.settle(NOTHING);
  }
}

/** What is told only as a part of the total is the rest of it; a total alone counts as input. */
function tokensOf(usage: Usage): Tokens {
  const inputTokens = amount(usage.inputTokens);
  const outputTokens = amount(usage.outputTokens);
  const total = amount(usage.totalTokens);
  if (total === undefined) return { inputTokens, outputTokens };
  const input = inputTokens ?? Math.max(0, total - (outputTokens ?? 0));
  return { inputTokens: input, outputTokens: outputTokens ?? Math.max(0, total - input) };
}

function amount(count: number | undefined): number | undefined {
  return count !== undefined && count >= 0 && count < Infinity ? count : undefined;
}

/** Whether the failure shows that the peer did nothing: it never had the call, or refused it. */
function usedNothing(error: unknown): boolean {
  if (!(error instanceof LinkspanError)) return false;
  if (error.sent === 'no') return true;
  if (error instanceof OverloadedError) return error.retryable === 'yes';
  return error instanceof StatusError && error.status < 500;
}
