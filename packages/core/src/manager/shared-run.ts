import { untilDone } from './until-done.ts';

/** A run that is under way, and how many wait for it. */
interface Running {
  readonly promise: Promise<void>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * One run at a time: who asks for another meanwhile waits for the one that is under way. It is
 * cancelled when the last who waits for it has left.
 */
export class SharedRun<Argument> {
  readonly #run: (signal: AbortSignal, argument: Argument) => Promise<void>;
  #running: Running | undefined;

  constructor(run: (signal: AbortSignal, argument: Argument) => Promise<void>) {
    this.#run = run;
  }

  /** Resolves when the run has ended, well or not, or when `signal` aborts. */
  async run(signal: AbortSignal | undefined, argument: Argument): Promise<void> {
    if (isAborted(signal)) return;
    const running = (this.#running ??= this.#begin(argument));
    running.waiting += 1;
    try {
      await untilDone(() => running.promise, { signal });
    } catch (error) {
      if (!isAborted(signal)) throw error;
    } finally {
      running.waiting -= 1;
      if (running.waiting === 0) this.#stop(running, signal?.reason);
    }
  }

  /** Ends the run that is under way. */
  cancel(reason: unknown): void {
    if (this.#running !== undefined) this.#stop(this.#running, reason);
  }

  #begin(argument: Argument): Running {
    const controller = new AbortController();
    // In a turn of its own: what it tells may lead back here.
    const promise = Promise.resolve().then(() => this.#run(controller.signal, argument));
    return { promise, controller, waiting: 0 };
  }

  #stop(running: Running, reason: unknown): void {
    // Who comes next begins anew, and does not wait for what is being given up.
    if (this.#running === running) this.#running = undefined;
    running.controller.abort(reason);
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
