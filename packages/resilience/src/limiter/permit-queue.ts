import type { Deadline, TimerHandle } from '@linkspan/concurrency';
import type { Priority } from './limiter-options.ts';
import type { Amounts } from './dimensions.ts';

/** Somebody who waits for a permit: a link of the queue, and the listener on its own signal. */
export class PermitWaiter<Permit> {
  readonly amounts: Amounts;
  readonly level: number;
  readonly deadline: Deadline | undefined;
  readonly grant: (permit: Permit) => void;
  readonly reject: (reason: unknown) => void;
  /** Of its deadline. */
  timer: TimerHandle;
  previous: PermitWaiter<Permit> | undefined;
  next: PermitWaiter<Permit> | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #queue: PermitQueue<Permit>;

  constructor(
    queue: PermitQueue<Permit>,
    facts: {
      readonly amounts: Amounts;
      readonly priority: Priority | undefined;
      readonly deadline: Deadline | undefined;
      readonly signal: AbortSignal | undefined;
      readonly grant: (permit: Permit) => void;
      readonly reject: (reason: unknown) => void;
    },
  ) {
    this.#queue = queue;
    this.amounts = facts.amounts;
    this.level = levelOf(facts.priority);
    this.deadline = facts.deadline;
    this.grant = facts.grant;
    this.reject = facts.reject;
    this.#signal = facts.signal;
    this.#signal?.addEventListener('abort', this);
  }

  handleEvent(): void {
    this.#queue.remove(this);
    this.reject(this.#signal?.reason);
  }

  /** It waits no longer: nothing of it is left. */
  leave(): void {
    this.#signal?.removeEventListener('abort', this);
    this.deadline?.clock.clearTimeout(this.timer);
  }
}

const LEVELS: readonly Priority[] = ['high', 'normal', 'low'];

/** The place of a priority: 0 goes first. */
export function levelOf(priority: Priority = 'normal'): number {
  return LEVELS.indexOf(priority);
}

/** Those who wait: by priority, and within one in the order in which they came. All steps take O(1). */
export class PermitQueue<Permit> {
  size = 0;
  readonly #first: (PermitWaiter<Permit> | undefined)[] = [undefined, undefined, undefined];
  readonly #last: (PermitWaiter<Permit> | undefined)[] = [undefined, undefined, undefined];
  /** What those of each level wait for, in sum. */
  readonly #amounts: [number, number, number, number][] = LEVELS.map(() => [0, 0, 0, 0]);
  readonly #onLeave: () => void;

  /** @param onLeave called when somebody leaves who was not served. */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  /** Who is next. */
  get head(): PermitWaiter<Permit> | undefined {
    return this.#first[0] ?? this.#first[1] ?? this.#first[2];
  }

  /** What is to be served before somebody who comes now, of one dimension. */
  ahead(level: number, dimension: 0 | 1 | 2 | 3): number {
    let sum = 0;
    for (let each = 0; each <= level; each += 1) sum += this.#amounts[each]![dimension];
    return sum;
  }

  add(waiter: PermitWaiter<Permit>): void {
    const last = this.#last[waiter.level];
    waiter.previous = last;
    if (last === undefined) this.#first[waiter.level] = waiter;
    else last.next = waiter;
    this.#last[waiter.level] = waiter;
    this.#count(waiter, 1);
  }

  /** Takes somebody out who is served. */
  take(waiter: PermitWaiter<Permit>): void {
    const { previous, next, level } = waiter;
    if (previous === undefined) this.#first[level] = next;
    else previous.next = next;
    if (next === undefined) this.#last[level] = previous;
    else next.previous = previous;
    waiter.previous = waiter.next = undefined;
    this.#count(waiter, -1);
    waiter.leave();
  }

  /** Takes somebody out who waits no longer. */
  remove(waiter: PermitWaiter<Permit>): void {
    this.take(waiter);
    this.#onLeave();
  }

  /** All who wait, in the order in which they would be served. */
  *[Symbol.iterator](): Generator<PermitWaiter<Permit>> {
    for (const first of this.#first) {
      let waiter = first;
      while (waiter !== undefined) {
        const { next } = waiter;
        yield waiter;
        waiter = next;
      }
    }
  }

  #count({ level, amounts }: PermitWaiter<Permit>, sign: 1 | -1): void {
    this.size += sign;
    const sums = this.#amounts[level]!;
    for (const dimension of [0, 1, 2, 3] as const) sums[dimension] += sign * amounts[dimension];
  }
}
