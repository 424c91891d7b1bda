import type { Body } from '@linkspan/core';

const thrownAway = new FinalizationRegistry<Body>((body) => {
  void body.cancel();
});

/**
 * A body in the hands of those who may read it. When all of them are garbage its wire is freed, as the
 * platform's fetch does it. That is a net, and no plan: it takes until the next collection.
 */
export class HeldBody {
  readonly body: Body;

  constructor(body: Body) {
    this.body = body;
    thrownAway.register(this, body);
  }
}
