import type { Explanation } from '../settings/explain-config.ts';
import type { CallRecord } from './call-log.ts';
import { type LimitingOption, showLimit, showOption } from './limiting-option.ts';
import { showMs } from './show-ms.ts';

/** What would have helped a call, as far as that can be known from how it went. */
export function adviseOn(
  record: CallRecord,
  option: LimitingOption | undefined,
  config: Readonly<Record<string, Explanation>>,
): string[] {
  const { isAborted, isIdempotent, isReplayable, failure, retryable, stop } = record;
  if (isAborted) return [];
  const advice = option === undefined ? [] : [`raise ${showLimit(option)}`];
  const isAnswered = record.marks.some(({ event }) => event === 'body' || event === 'resumed');
  if (isAnswered || retryable === undefined || retryable === 'no') return advice;
  // Another try might have helped: why was there none?
  if (!isReplayable) {
    advice.push(
      'send a payload that can be sent again: a value, bytes, or a function that makes one',
    );
  } else if (retryable === 'if-idempotent' && failure.sent !== 'no' && !isIdempotent) {
    advice.push(
      'say that the request may be sent twice: with an idempotency key, or idempotent: true',
    );
  } else if (stop === 'retries') {
    advice.push(moreRetries(record, config));
  } else if (stop === 'budget') {
    advice.push('wait until the peer is well: too many calls to it are being tried again');
  } else if (stop === 'wait') {
    advice.push(afterTheWait(record));
  } else if (areRetriesOff(record, config)) {
    advice.push('allow retries, which are off');
  }
  return advice;
}

/** When another call may succeed. */
function afterTheWait({ retryAfterMs, failure }: CallRecord): string {
  if (retryAfterMs === undefined) {
    return 'give the call more time: the wait before the next try would have ended behind its deadline';
  }
  // What a layer of this side refuses is nothing that the peer asks for.
  return failure.phase === 'queue'
    ? `call again after ${showMs(retryAfterMs)}`
    : `call again after the ${showMs(retryAfterMs)} that the peer asks for`;
}

function areRetriesOff(
  { limits }: CallRecord,
  config: Readonly<Record<string, Explanation>>,
): boolean {
  if (limits.maxRetries !== undefined) return limits.maxRetries === 0;
  return config['retry']?.value === false || config['retry.maxRetries']?.value === 0;
}

/** Which option says how often it is tried again: of the call, of the client, or of a layer's own. */
function moreRetries(
  { attempt, limits }: CallRecord,
  config: Readonly<Record<string, Explanation>>,
): string {
  const limit = attempt - 1;
  const found = limits.maxRetries === undefined ? config['retry.maxRetries'] : undefined;
  if (limits.maxRetries === limit) return `raise maxRetries (${limit}, an option of the call)`;
  if (found?.value !== limit) return 'allow more retries';
  return `raise ${showOption({ ...found, option: 'retry.maxRetries', value: String(limit) })}`;
}
