/**
 * The right to use something that others wait for. It is held until it is released, or disposed of
 * at the end of a `using` block. Releasing it again does nothing.
 */
export interface Lease extends Disposable {
  /** Whether it was given back. */
  readonly released: boolean;
  release(): void;
}

/** A lease that calls back once when it is given back. */
export class SimpleLease implements Lease {
  #giveBack: (() => void) | undefined;

  constructor(giveBack: () => void) {
    this.#giveBack = giveBack;
  }

  get released(): boolean {
    return this.#giveBack === undefined;
  }

  release(): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
