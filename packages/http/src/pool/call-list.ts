import type { DispatchCall } from '../call/dispatch-call.ts';

/** Calls in the order in which they came. Any of them can be taken out at once, wherever it is. */
export class CallList {
  #first: DispatchCall | undefined;
  #last: DispatchCall | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): DispatchCall | undefined {
    return this.#first;
  }

  /** A call is in one list at a time. */
  push(call: DispatchCall): void {
    call.previous = this.#last;
    call.following = undefined;
    if (this.#last === undefined) this.#first = call;
    else this.#last.following = call;
    this.#last = call;
    this.#size++;
  }

  /** The call must be in this list. */
  remove(call: DispatchCall): void {
    const { previous, following } = call;
    if (previous === undefined) this.#first = following;
    else previous.following = following;
    if (following === undefined) this.#last = previous;
    else following.previous = previous;
    call.previous = call.following = undefined;
    this.#size--;
  }

  *[Symbol.iterator](): Generator<DispatchCall, void> {
    for (let call = this.#first; call !== undefined; call = call.following) yield call;
  }
}
