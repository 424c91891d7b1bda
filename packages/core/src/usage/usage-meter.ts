import type { Usage } from '../outcome.ts';
import type { TransportResponse } from '../transport.ts';

/**
 * Is told what an answer used. A layer puts one on the answer that it gives on, with
 * {@link withMeter}; who reads the answer tells it: the stream of its events, `response.json()`, a
 * chat client. Nobody has to: an answer that is read in another way is not metered. A stream that
 * goes on with other answers tells all of it to the meter of its first. The methods do not throw, and
 * may be called again with what is known better.
 */
export interface UsageMeter {
  /**
   * The peer told what it used.
   *
   * @param isFinal `false` for a stream that was left, cut off, or failed: it may have used more of
   * the output than was told until then.
   */
  used(usage: Usage, isFinal: boolean): void;
  /** The whole answer is this value; what was used may be told in it. */
  decoded(answer: unknown): void;
  /** The answer was a failure after all, such as an error in the place of a stream. */
  failed(error: unknown): void;
}

/** The answer, with a meter on it; those of layers further inside are told, too. */
export function withMeter(response: TransportResponse, meter: UsageMeter): TransportResponse {
  const { meter: inner } = response;
  return { ...response, meter: inner === undefined ? meter : new Meters(inner, meter) };
}

class Meters implements UsageMeter {
  readonly #inner: UsageMeter;
  readonly #outer: UsageMeter;

  constructor(inner: UsageMeter, outer: UsageMeter) {
    this.#inner = inner;
    this.#outer = outer;
  }

  used(usage: Usage, isFinal: boolean): void {
    this.#inner.used(usage, isFinal);
    this.#outer.used(usage, isFinal);
  }

  decoded(answer: unknown): void {
    this.#inner.decoded(answer);
    this.#outer.decoded(answer);
  }

  failed(error: unknown): void {
    this.#inner.failed(error);
    this.#outer.failed(error);
  }
}
