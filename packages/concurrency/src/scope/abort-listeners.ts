/** Something that is told when a signal aborts. It does not throw. */
export interface AbortListener {
  onAbort(reason: unknown): void;
}

/**
 * The listeners of one signal, behind a single listener of the platform. An `EventTarget` walks all
 * its listeners to add one, so that 100,000 waiters on the signal of one caller would cost 10^10
 * steps; here each costs a step.
 */
class SignalListeners {
  readonly signal: AbortSignal;
  readonly listeners: Set<AbortListener> = new Set();

  constructor(signal: AbortSignal) {
    this.signal = signal;
    signal.addEventListener('abort', this);
  }

  handleEvent(): void {
    // One that is taken back by another that was told is passed over.
    for (const listener of this.listeners) listener.onAbort(this.signal.reason);
    this.end();
  }

  end(): void {
    this.signal.removeEventListener('abort', this);
    bySignal.delete(this.signal);
  }
}

/** Holds only signals that somebody listens to now. */
const bySignal: WeakMap<AbortSignal, SignalListeners> = new WeakMap();

/**
 * Tells `listener` when the signal aborts, which it has not yet, unless it is taken back before. It
 * costs the same however many listen: `signal.addEventListener()` walks all of them.
 */
export function addAbortListener(signal: AbortSignal, listener: AbortListener): void {
  let entry = bySignal.get(signal);
  if (entry === undefined) {
    entry = new SignalListeners(signal);
    bySignal.set(signal, entry);
  }
  entry.listeners.add(listener);
}

/** Takes a listener back; one that was told or was never added is ignored. */
export function removeAbortListener(signal: AbortSignal, listener: AbortListener): void {
  const entry = bySignal.get(signal);
  if (entry?.listeners.delete(listener) === true && entry.listeners.size === 0) entry.end();
}
