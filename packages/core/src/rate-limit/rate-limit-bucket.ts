/** What a service counts: calls, tokens of any kind, tokens that it reads, tokens that it writes. */
export type BucketName = 'requests' | 'tokens' | 'inputTokens' | 'outputTokens';

/** What a service tells of one of its limits; what it does not tell is absent. */
export interface RateLimitBucket {
  /** How much may be used within a window. */
  readonly limit?: number;
  /** How much of it is left. */
  readonly remaining?: number;
  /** In how many milliseconds it is full again, or the window ends. */
  readonly resetInMs?: number;
  /** How long a window is, in milliseconds. */
  readonly windowMs?: number;
}

/** A bucket as it is read, with the name it counts under; without one it is no limit of calls or tokens. */
export interface NamedBucket {
  readonly name: BucketName | undefined;
  readonly bucket: RateLimitBucket;
}

/** A bucket of the values that are known. */
export function makeBucket(values: {
  readonly [Key in keyof RateLimitBucket]-?: RateLimitBucket[Key] | undefined;
}): RateLimitBucket {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known);
}

/** Of two limits of the same thing, the one that is reached first, as far as can be told. */
export function tighter(one: RateLimitBucket, other: RateLimitBucket): RateLimitBucket {
  const ahead = (one.remaining ?? Infinity) - (other.remaining ?? Infinity);
  if (ahead !== 0 && !Number.isNaN(ahead)) return ahead < 0 ? one : other;
  return (other.resetInMs ?? -1) > (one.resetInMs ?? -1) ? other : one;
}
