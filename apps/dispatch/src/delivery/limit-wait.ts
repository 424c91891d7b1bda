import type { Row } from '../input/row.ts';
import { countTokens } from './estimate-tokens.ts';

/** What decides how long rows wait for one another. */
export interface WaitSettings {
  /** Requests, and tokens, a minute to each upstream; `undefined` for no limit of ours. */
  readonly rpm: number | undefined;
  readonly tpm: number | undefined;
  readonly concurrency: number;
  readonly retries: number;
}

const MINUTE_MS = 60_000;
/** An answer is taken to be as long as what was asked. */
const WITH_ANSWER = 2;

/**
 * How long the limits that were asked for can keep a row waiting: each of its requests may find all
 * other rows in flight before it. A row has this time beside its own, so that a low limit makes a run
 * slow, and no row fail.
 */
export function limitWaitMs(
  rows: readonly Row[],
  { rpm, tpm, concurrency, retries }: WaitSettings,
): number {
  if (rpm === undefined && tpm === undefined) return 0;
  const largest = rows.reduce((most, row) => Math.max(most, countTokens(row)), 0);
  const ofRequests = rpm === undefined ? 0 : 1 / rpm;
  const ofTokens = tpm === undefined ? 0 : (WITH_ANSWER * largest) / tpm;
  const minutes = 1 + concurrency * Math.max(ofRequests, ofTokens);
  return minutes * MINUTE_MS * (retries + 1);
}
