import { LinkspanError, type Outcome, StreamIncompleteError } from '@linkspan/core';
import type { OpenedStream } from '@linkspan/resilience';

/** What a stream does next: an event, a failure, silence, or an end that it does not tell of. */
export type Step = string | Error | 'silence' | 'quiet end';

/** A stream that does what a test says, at once, and heeds no signal. */
export class ScriptedStream implements OpenedStream<string, string> {
  partial = '';
  /** How it was let go of. */
  readonly left: string[] = [];
  readonly #steps: Step[];
  readonly #outcome = Promise.withResolvers<Outcome>();
  #events = 0;
  #status: Outcome['status'] | undefined;

  constructor(...steps: readonly Step[]) {
    this.#steps = [...steps];
  }

  get outcome(): Promise<Outcome> {
    return this.#outcome.promise;
  }

  /** Whether nothing of it is held any more. */
  get isOver(): boolean {
    return this.#status !== undefined;
  }

  async result(): Promise<string> {
    if (this.#status === 'complete') return this.partial;
    throw new TypeError('Not complete');
  }

  async cancel(reason?: unknown): Promise<void> {
    this.left.push(`cancelled: ${String(reason)}`);
    this.#end('cancelled');
  }

  /** Fails though nobody reads. */
  breakOff(error: LinkspanError): void {
    this.#end('failed', error);
    this.#steps.splice(0, Infinity, error);
  }

  [Symbol.asyncIterator](): AsyncIterator<string, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.left.push('left');
        this.#end('cancelled');
        return { done: true, value: undefined };
      },
    };
  }

  async #next(): Promise<IteratorResult<string, undefined>> {
    const step = this.#steps.shift();
    if (step === 'silence') return await new Promise<never>(() => {});
    if (step instanceof Error) {
      this.#end('failed', step);
      throw step;
    }
    if (step === undefined || step === 'quiet end') {
      if (step === undefined) this.#end('complete');
      else this.#end('incomplete', new StreamIncompleteError('Cannot complete the stream: cut'));
      return { done: true, value: undefined };
    }
    this.#events += 1;
    this.partial += step;
    return { done: false, value: step };
  }

  #end(status: Outcome['status'], error?: Error): void {
    this.#status ??= status;
    const told = error instanceof LinkspanError ? { error } : {};
    this.#outcome.resolve({ status, events: this.#events, ...told });
  }
}

/** What a loop over a stream was given, and what it threw. */
export async function readAll(
  stream: AsyncIterable<string>,
): Promise<{ readonly events: string[]; readonly error?: unknown }> {
  const events: string[] = [];
  try {
    for await (const event of stream) events.push(event);
  } catch (error) {
    return { events, error };
  }
  return { events };
}
