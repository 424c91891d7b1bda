import {
  type AttemptBudget,
  type CallContext,
  isIdempotent,
  type Middleware,
  parseSettings,
  type Send,
  setting,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';

/** When a call is sent a second time. */
export interface HedgeOptions {
  /**
   * How long the head of an answer is waited for before the request is sent once more: about the 95th
   * percentile of what calls take.
   */
  readonly delayMs: number;
  /** How many more times it may be sent, each after another `delayMs`. @default 1 */
  readonly maxHedges?: number | undefined;
  /** Asked before each. Give it the budget that retries have. @default none */
  readonly budget?: AttemptBudget | undefined;
}

const hedgeSettings = {
  delayMs: setting.durationMs({ min: 0, finite: true }),
  maxHedges: setting.integer({ default: 1, min: 1 }),
  budget: setting.custom<AttemptBudget>({
    optional: true,
    expected: 'a budget: an object with take()',
    check: (value) =>
      typeof (value as Partial<AttemptBudget> | null)?.take === 'function'
        ? (value as AttemptBudget)
        : undefined,
  }),
};

/**
 * A layer that sends a request again when its answer is slow, and takes the answer whose head comes
 * first; the other attempts are aborted. Only requests that may be done twice and whose payload can be
 * sent twice are hedged. After J. Dean and L. A. Barroso, "The Tail at Scale", CACM 56 (2), 2013.
 *
 * An attempt that fails while another is under way is waited out; when all have failed, the call fails
 * with what the first of them failed with, or at its deadline with what was still waited for.
 *
 * @throws ConfigurationError for options that are not right.
 */
export function hedge(options: HedgeOptions): Middleware {
  const settings = parseSettings('hedge()', hedgeSettings, options);
  return (next) => (request, context) =>
    // A stream is read by one attempt, also where it is untouched and another could follow.
    isIdempotent(request) && request.payload?.kind !== 'stream'
      ? new Race(next, request, context, settings).run()
      : next(request, context);
}

interface HedgeSettings {
  readonly delayMs: number;
  readonly maxHedges: number;
  readonly budget: AttemptBudget | undefined;
}

/** One call and its attempts. */
class Race {
  readonly #next: Send;
  readonly #request: TransportRequest;
  readonly #context: CallContext;
  readonly #settings: HedgeSettings;
  readonly #attempts: AbortController[] = [];
  readonly #result = Promise.withResolvers<TransportResponse>();
  #failed = 0;
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;
  #timer: unknown;

  constructor(
    next: Send,
    request: TransportRequest,
    context: CallContext,
    settings: HedgeSettings,
  ) {
    this.#next = next;
    this.#request = request;
    this.#context = context;
    this.#settings = settings;
  }

  run(): Promise<TransportResponse> {
    const { signal } = this.#context;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    signal?.addEventListener('abort', this);
    this.#start();
    return this.#result.promise;
  }

  /** The caller aborts: every attempt does. */
  handleEvent(): void {
    for (const attempt of this.#attempts) attempt.abort(this.#context.signal?.reason);
  }

  #start(): void {
    const controller = new AbortController();
    this.#attempts.push(controller);
    const { deadline } = this.#context;
    const { delayMs, maxHedges } = this.#settings;
    if (this.#attempts.length <= maxHedges && delayMs < deadline.remainingMs) {
      this.#timer = deadline.clock.setTimeout(() => this.#hedge(), delayMs);
    }
    void this.#attempt(controller);
  }

  #hedge(): void {
    this.#timer = undefined;
    if (this.#isOver || this.#settings.budget?.take(this.#request) === false) return;
    this.#start();
  }

  async #attempt(controller: AbortController): Promise<void> {
    try {
      const response = await this.#next(this.#request, {
        ...this.#context,
        signal: controller.signal,
      });
      if (this.#isOver) await response.body.cancel();
      else this.#win(controller, response);
    } catch (error) {
      this.#lose(error);
    }
  }

  #win(winner: AbortController, response: TransportResponse): void {
    this.#end();
    for (const attempt of this.#attempts)
      if (attempt !== winner) attempt.abort(new Error('Hedged'));
    // The caller's abort still ends the body.
    this.#attempts.splice(0, Infinity, winner);
    response.body.onClose(() => this.#context.signal?.removeEventListener('abort', this));
    this.#result.resolve(response);
  }

  #lose(error: unknown): void {
    this.#failed += 1;
    this.#failure ??= { error };
    if (this.#isOver || this.#failed < this.#attempts.length) return;
    this.#end();
    const { signal, deadline } = this.#context;
    signal?.removeEventListener('abort', this);
    // At the deadline, what took the time is told, and not what failed long before.
    this.#result.reject(deadline.expired ? error : this.#failure.error);
  }

  #end(): void {
    this.#isOver = true;
    if (this.#timer !== undefined) this.#context.deadline.clock.clearTimeout(this.#timer);
  }
}
