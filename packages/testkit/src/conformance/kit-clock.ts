import { type Clock, systemClock, type TimerHandle } from '@linkspan/concurrency';

/** The platform's clock, which knows how many of its timers are running. */
export class KitClock implements Clock {
  readonly #running = new Set<TimerHandle>();

  /** How many timers were set and have neither fired nor been cleared. */
  get running(): number {
    return this.#running.size;
  }

  now(): number {
    return systemClock.now();
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    const handle: TimerHandle = systemClock.setTimeout(() => {
      this.#running.delete(handle);
      callback();
    }, delayMs);
    this.#running.add(handle);
    return handle;
  }

  clearTimeout(handle: TimerHandle): void {
    this.#running.delete(handle);
    systemClock.clearTimeout(handle);
  }
}
