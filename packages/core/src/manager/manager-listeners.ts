import type { ConfigurationError } from '../errors/local-errors.ts';
import { reportHookError } from '../middleware/report-hook-error.ts';
import { describeValue } from '../settings/describe-value.ts';
import { configurationError } from '../settings/parse-settings.ts';
import type { ManagerEvents, StatusChange } from './manager-options.ts';

type Listener = (event: never) => unknown;

/** Who is told of what. A listener that fails disturbs neither the manager nor the others. */
export class ManagerListeners {
  readonly #listeners: Record<keyof ManagerEvents, Set<Listener>> = {
    statusChange: new Set(),
    check: new Set(),
  };
  readonly #readers = new Set<ChangeReader>();
  readonly #untold: { readonly name: keyof ManagerEvents; readonly event: unknown }[] = [];
  #isClosed = false;

  /**
   * @returns takes the listener back.
   * @throws ConfigurationError when there is no such event, or the listener is no function.
   */
  on<Name extends keyof ManagerEvents>(name: Name, listener: ManagerEvents[Name]): () => void {
    if (!Object.hasOwn(this.#listeners, name)) {
      const events = Object.keys(this.#listeners).join(', ');
      throw listenError('name', `expected one of ${events}, found ${describeValue(name)}`);
    }
    if (typeof listener !== 'function') {
      throw listenError('listener', `expected a function, found ${describeValue(listener)}`);
    }
    // The same function may listen twice, and be taken back once.
    const own: Listener = (event) => listener(event);
    this.#listeners[name].add(own);
    return () => {
      this.#listeners[name].delete(own);
    };
  }

  /** Whether anybody listens. */
  hears(name: keyof ManagerEvents): boolean {
    return this.#listeners[name].size > 0 || (name === 'statusChange' && this.#readers.size > 0);
  }

  emit<Name extends keyof ManagerEvents>(
    name: Name,
    event: Parameters<ManagerEvents[Name]>[0],
  ): void {
    if (name === 'statusChange') {
      for (const reader of this.#readers) reader.push(event as StatusChange);
    }
    this.#untold.push({ name, event });
    // What a listener sets off is told after what it was told of.
    if (this.#untold.length > 1) return;
    try {
      for (const { name: told, event: one } of this.#untold) {
        for (const listener of this.#listeners[told]) tell(told, listener, one);
      }
    } finally {
      this.#untold.length = 0;
    }
  }

  /** The changes from now on; see `ClientManager.changes()`. */
  changes(signal: AbortSignal | undefined): AsyncIterable<StatusChange, undefined> {
    return {
      [Symbol.asyncIterator]: () => {
        const reader = new ChangeReader(signal, () => this.#readers.delete(reader));
        if (this.#isClosed) reader.end();
        else if (signal?.aborted !== true) this.#readers.add(reader);
        return reader;
      },
    };
  }

  /** Nothing more will happen: those who iterate come to an end. */
  close(): void {
    this.#isClosed = true;
    for (const reader of this.#readers) reader.end();
  }
}

function listenError(option: string, message: string): ConfigurationError {
  return configurationError('on()', [{ option, message }]);
}

function tell(name: keyof ManagerEvents, listener: Listener, event: unknown): void {
  const hook = name === 'check' ? 'onCheck' : 'onStatusChange';
  try {
    const told = listener(event as never);
    if (isThenable(told)) told.then(undefined, (error: unknown) => reportHookError(hook, error));
  } catch (error) {
    reportHookError(hook, error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}

type Read = IteratorResult<StatusChange, undefined>;

const END: Read = { done: true, value: undefined };

/**
 * One loop over the changes. What it has not taken yet is kept one a client, so that a slow reader
 * misses the states in between, never the last one, and no memory grows.
 */
class ChangeReader implements AsyncIterator<StatusChange, undefined> {
  readonly #signal: AbortSignal | undefined;
  readonly #leave: () => void;
  readonly #waiting = new Map<string, StatusChange>();
  #isEnded = false;
  #takers: { resolve: (read: Read) => void; reject: (error: unknown) => void }[] = [];

  constructor(signal: AbortSignal | undefined, leave: () => void) {
    this.#signal = signal;
    this.#leave = leave;
    signal?.addEventListener('abort', this.#onAbort);
  }

  push(change: StatusChange): void {
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      taker.resolve({ done: false, value: change });
      return;
    }
    const missed = this.#waiting.get(change.id);
    this.#waiting.delete(change.id);
    this.#waiting.set(change.id, missed === undefined ? change : { ...change, from: missed.from });
  }

  end(): void {
    this.#isEnded = true;
    this.#stop();
    for (const { resolve } of this.#takers.splice(0)) resolve(END);
  }

  next(): Promise<Read> {
    if (this.#signal?.aborted === true) return Promise.reject(this.#signal.reason as Error);
    for (const [id, change] of this.#waiting) {
      this.#waiting.delete(id);
      return Promise.resolve({ done: false, value: change });
    }
    if (this.#isEnded) return Promise.resolve(END);
    return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
  }

  return(): Promise<Read> {
    this.#waiting.clear();
    this.end();
    return Promise.resolve(END);
  }

  readonly #onAbort = (): void => {
    this.#stop();
    for (const { reject } of this.#takers.splice(0)) reject(this.#signal?.reason);
  };

  #stop(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#leave();
  }
}
