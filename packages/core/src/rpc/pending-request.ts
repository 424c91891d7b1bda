import type { Clock, TimerHandle } from '@linkspan/concurrency';
import type { Phase, Sent } from '../errors/linkspan-error.ts';
import { TimeoutError } from '../errors/local-errors.ts';

/** Where a request is: waiting for its turn, for the channel to accept it, or for its answer. */
type Progress = 'queued' | 'sending' | 'sent';

const PHASES: Readonly<Record<Progress, Phase>> = {
  queued: 'queue',
  sending: 'send',
  sent: 'headers',
};
const WAITING_FOR: Readonly<Record<Progress, string>> = {
  queued: 'its turn did not come',
  sending: 'the channel did not accept it',
  sent: 'no answer came',
};

/** The limits of one request. */
interface RequestLimits {
  readonly clock: Clock;
  readonly totalMs: number;
  readonly signal: AbortSignal | undefined;
}

/** One request, from its making until it has settled, which is once. */
export class PendingRequest {
  readonly id: number;
  readonly method: string;
  readonly result: Promise<unknown>;
  progress: Progress = 'queued';
  readonly #limits: RequestLimits;
  readonly #onSettle: (request: PendingRequest) => void;
  readonly #leave = new AbortController();
  readonly #timer: TimerHandle;
  #resolve!: (result: unknown) => void;
  #reject!: (error: unknown) => void;
  #isSettled = false;
  #isGivenUp = false;

  constructor(
    id: number,
    method: string,
    limits: RequestLimits,
    onSettle: (request: PendingRequest) => void,
  ) {
    this.id = id;
    this.method = method;
    this.#limits = limits;
    this.#onSettle = onSettle;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { clock, totalMs, signal } = limits;
    signal?.addEventListener('abort', this.#onAbort);
    if (totalMs !== Infinity) this.#timer = clock.setTimeout(() => this.#onTimeout(), totalMs);
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Whether its caller left before the answer: the peer need not go on. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Aborts when the request settles: nobody waits for its turn, or for the channel, any more. */
  get leave(): AbortSignal {
    return this.#leave.signal;
  }

  /** Whether the request may have reached the peer. */
  get sent(): Sent {
    return this.progress === 'queued' ? 'no' : 'maybe';
  }

  resolve(result: unknown): void {
    if (this.#settle()) this.#resolve(result);
  }

  reject(error: unknown): void {
    if (this.#settle()) this.#reject(error);
  }

  readonly #onAbort = (): void => this.#giveUp(this.#limits.signal?.reason);

  #onTimeout(): void {
    const { totalMs } = this.#limits;
    this.#giveUp(
      new TimeoutError(
        `Cannot call ${JSON.stringify(this.method)}: ${WAITING_FOR[this.progress]} within ${Math.round(totalMs)} ms (totalMs)`,
        {
          clock: 'totalMs',
          code: 'deadline',
          limitMs: totalMs,
          elapsedMs: totalMs,
          phase: PHASES[this.progress],
          sent: this.sent,
        },
      ),
    );
  }

  #giveUp(reason: unknown): void {
    this.#isGivenUp = !this.#isSettled;
    this.reject(reason);
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#limits.clock.clearTimeout(this.#timer);
    this.#limits.signal?.removeEventListener('abort', this.#onAbort);
    this.#onSettle(this);
    this.#leave.abort();
    return true;
  }
}
