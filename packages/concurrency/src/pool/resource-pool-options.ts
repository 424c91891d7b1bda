import type { Lease } from '../sync/lease.ts';
import type { Clock } from '../time/clock.ts';

/** How a {@link ResourcePool} makes, checks and ends what it holds. */
export interface ResourcePoolOptions<Resource> {
  /**
   * Makes one. `signal` aborts when who asked for it gives up; one that is made all the same goes
   * to the next.
   */
  readonly create: (context: { readonly signal: AbortSignal }) => Resource | PromiseLike<Resource>;
  /** Ends one. A failure is thrown by `close`. */
  readonly destroy?: ((resource: Resource) => unknown) | undefined;
  /**
   * Whether one that has been idle can still be used; one that cannot, or whose check throws, is
   * destroyed and replaced.
   *
   * @default every one can
   */
  readonly validate?: ((resource: Resource) => boolean | PromiseLike<boolean>) | undefined;
  /**
   * How many there may be at the same time: an integer of 1 or more, or `Infinity`.
   *
   * @default 10
   */
  readonly max?: number | undefined;
  /**
   * How long one may be idle before it is destroyed; `Infinity` for no limit.
   *
   * @default 30_000
   */
  readonly maxIdleMs?: number | undefined;
  /**
   * How long after it was made one may still be handed out; `Infinity` for no limit.
   *
   * @default Infinity
   */
  readonly maxAgeMs?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** A resource on loan. It holds its place in the pool until it is released or disposed of. */
export interface ResourceLease<Resource> extends Lease {
  readonly resource: Resource;
  /** Gives the place back and destroys the resource, which is not fit to be used again. */
  discard(): void;
}

/** What a {@link ResourcePool} holds at the moment, and what it has done. */
export interface ResourcePoolStats {
  readonly max: number;
  /** On loan, or being made or checked for somebody. */
  readonly leased: number;
  readonly idle: number;
  /** How many wait for one. */
  readonly waiting: number;
  readonly created: number;
  readonly destroyed: number;
}

/** How a {@link ResourcePool} ends. */
export interface ClosePoolOptions {
  /**
   * How long to wait for what is on loan before it is destroyed under its holder.
   *
   * @default Infinity
   */
  readonly drainMs?: number | undefined;
  /**
   * What those who wait, and who come later, are rejected with.
   *
   * @default a `DOMException` named `InvalidStateError`
   */
  readonly reason?: unknown;
}
