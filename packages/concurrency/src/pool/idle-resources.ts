import type { Clock, TimerHandle } from '../time/clock.ts';

/** A resource, and since when there is one. */
export interface Entry<Resource> {
  readonly resource: Resource;
  readonly createdMs: number;
}

interface IdleLimits {
  readonly maxIdleMs: number;
  readonly maxAgeMs: number;
  readonly clock: Clock;
}

interface IdleEntry<Resource> {
  readonly entry: Entry<Resource>;
  readonly expiresMs: number;
}

/** What nobody uses at the moment, until it has been idle or alive for too long. */
export class IdleResources<Resource> {
  readonly #limits: IdleLimits;
  readonly #onExpire: (entry: Entry<Resource>) => void;
  /** The longest idle first. */
  #entries: IdleEntry<Resource>[] = [];
  #timer: TimerHandle;

  constructor(limits: IdleLimits, onExpire: (entry: Entry<Resource>) => void) {
    this.#limits = limits;
    this.#onExpire = onExpire;
  }

  get size(): number {
    return this.#entries.length;
  }

  add(entry: Entry<Resource>): void {
    const { maxIdleMs, maxAgeMs, clock } = this.#limits;
    const expiresMs = Math.min(clock.now() + maxIdleMs, entry.createdMs + maxAgeMs);
    this.#entries.push({ entry, expiresMs });
    this.#watch();
  }

  /** The one that was used last, which is the warmest; there must be one. */
  takeNewest(): Entry<Resource> {
    return this.#taken(this.#entries.pop());
  }

  /** The one that has been idle longest; there must be one. */
  takeOldest(): Entry<Resource> {
    return this.#taken(this.#entries.splice(0, 1)[0]);
  }

  /** Whether a resource has lived for too long to be lent again. */
  isTooOld(entry: Entry<Resource>): boolean {
    return this.#limits.clock.now() - entry.createdMs >= this.#limits.maxAgeMs;
  }

  #taken(idle: IdleEntry<Resource> | undefined): Entry<Resource> {
    this.#watch();
    return (idle as IdleEntry<Resource>).entry;
  }

  /** Sets the one timer, for the one that expires first. */
  #watch(): void {
    const { clock } = this.#limits;
    clock.clearTimeout(this.#timer);
    let firstMs = Infinity;
    for (const { expiresMs } of this.#entries) firstMs = Math.min(firstMs, expiresMs);
    if (firstMs === Infinity) return;
    this.#timer = clock.setTimeout(() => this.#expire(firstMs), firstMs - clock.now());
  }

  /** A timer may ring a moment early, so what is due is told from the time it was set for. */
  #expire(untilMs: number): void {
    const expired = this.#entries.filter(({ expiresMs }) => expiresMs <= untilMs);
    this.#entries = this.#entries.filter(({ expiresMs }) => expiresMs > untilMs);
    this.#watch();
    for (const { entry } of expired) this.#onExpire(entry);
  }
}
