import type { Explanation } from '../settings/explain-config.ts';
import type { CallRecord, OwnLimits } from './call-log.ts';
import { showMs } from './show-ms.ts';

/** The option that ended a call, and who set it. */
export interface LimitingOption {
  /** As it is written: `'attemptMs'`, `'stream.totalMs'`. */
  readonly name: string;
  readonly limitMs: number;
  /**
   * `call` for an option of the call itself, then as `client.explainConfig()` tells; `layer` when none
   * of these has this limit, but a middleware, or what the call is part of.
   */
  readonly origin: 'call' | Explanation['origin'] | 'layer';
  /** The variable, for `environment`. */
  readonly variable?: string;
}

/** Which option has the limit that was reached. */
export function limitingOption(
  { clock, limits, streaming }: CallRecord,
  config: Readonly<Record<string, Explanation>>,
): LimitingOption | undefined {
  if (clock === undefined) return undefined;
  const { name: own, limitMs } = clock;
  const ofCall = limits[own as keyof OwnLimits];
  if (isLimit(ofCall, limitMs)) return { name: own, limitMs, origin: 'call' };
  const name = own === 'totalMs' && streaming ? 'stream.totalMs' : own;
  const found = ofCall === undefined ? config[name] : undefined;
  if (found !== undefined && isLimit(found.value, limitMs)) {
    const { origin, name: variable } = found;
    return { name, limitMs, origin, ...(variable !== undefined && { variable }) };
  }
  if (own === 'totalMs' && limits.hasDeadline) return { name: 'deadline', limitMs, origin: 'call' };
  return { name: own, limitMs, origin: 'layer' };
}

/** The limit with its option: `attemptMs (500 ms, from LINKSPAN_ATTEMPT_MS)`. */
export function showLimit({ name, limitMs, origin, variable }: LimitingOption): string {
  return showOption({ option: name, value: showMs(limitMs), origin, name: variable });
}

/** An option, its value, and who set it. */
export function showOption(facts: {
  readonly option: string;
  readonly value: string;
  readonly origin: LimitingOption['origin'];
  /** The variable, for `environment`. */
  readonly name?: string | undefined;
}): string {
  const { option, value, origin, name = 'the environment' } = facts;
  const by = origin === 'environment' ? `from ${name}` : originWords[origin];
  return `${option} (${value}, ${by})`;
}

const originWords: Readonly<Record<Exclude<LimitingOption['origin'], 'environment'>, string>> = {
  call: 'an option of the call',
  argument: 'an option of the client',
  default: 'the default',
  layer: 'set around the call',
};

/** A limit is told to the microsecond. */
function isLimit(value: unknown, limitMs: number): boolean {
  return typeof value === 'number' && Math.abs(value - limitMs) < 0.01;
}
