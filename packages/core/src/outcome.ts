import type { LinkspanError } from './errors/linkspan-error.ts';

/**
 * What a model or an agent used, as far as it said. Counts are of tokens, and mean the same for
 * every provider: a whole, and what of it was special.
 */
export interface Usage {
  /** All that went in, cached or not. */
  readonly inputTokens?: number;
  /** All that came out, thoughts included. */
  readonly outputTokens?: number;
  readonly totalTokens?: number;
  /** Of the input, what was read from a cache. */
  readonly cachedInputTokens?: number;
  /** Of the input, what was written to a cache. */
  readonly cacheWriteTokens?: number;
  /** Of the output, what the model thought. */
  readonly reasoningTokens?: number;
}

/** How a stream ended. Every stream has exactly one outcome. */
export interface Outcome {
  /**
   * `complete`: the protocol's terminator arrived. `incomplete`: the bytes ended before it.
   * `failed`: the peer said so, a clock ran out, or the wire broke. `cancelled`: the reader left.
   */
  readonly status: 'complete' | 'incomplete' | 'failed' | 'cancelled';
  /** What ended it: `'[DONE]'`, `'message_stop'`. */
  readonly terminator?: string;
  /** The peer's own word: `'stop'`, `'length'`, `'tool_calls'`. */
  readonly finishReason?: string;
  readonly usage?: Usage;
  readonly lastEventId?: string;
  /** How many events arrived; of a stream that was left, how many were handed over. */
  readonly events: number;
  /** From the start of the call to the first event. */
  readonly timeToFirstEventMs?: number;
  /** How often it broke and went on with another answer; absent for never. */
  readonly resumes?: number;
  /** Why it is `incomplete` or `failed`. */
  readonly error?: LinkspanError;
}
