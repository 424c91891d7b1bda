import type { Body } from '@linkspan/core';

interface Holding {
  readonly body: Body;
  isTaken: boolean;
}

const thrownAway = new FinalizationRegistry<Holding>(({ body, isTaken }) => {
  if (!isTaken) void body.cancel();
});

/**
 * A body that nobody has begun to read. When all who could have read it are garbage, its wire is
 * freed, as the platform's fetch does it. That is a net, and no plan: it takes until the next
 * collection.
 */
export class HeldBody {
  readonly #holding: Holding;

  constructor(body: Body) {
    this.#holding = { body, isTaken: false };
    thrownAway.register(this, this.#holding);
  }

  /** Gives the body to somebody who reads or cancels it. */
  take(): Body {
    this.#holding.isTaken = true;
    return this.#holding.body;
  }
}
