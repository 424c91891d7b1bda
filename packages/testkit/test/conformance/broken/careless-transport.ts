import { systemClock } from '@linkspan/concurrency';
import { ReferenceTransport } from '../reference-transport.ts';

/** Closes under some of its calls without telling them. */
export class CarelessTransport extends ReferenceTransport {
  /** Forgets the calls that wait for their head, or those whose body is being read. */
  readonly #forgets: 'heads' | 'bodies';

  constructor(baseUrl: string, forgets: 'heads' | 'bodies') {
    super(baseUrl);
    this.#forgets = forgets;
  }

  protected override async finish(drainMs: number): Promise<void> {
    await this.open.drained(drainMs, systemClock);
    for (const call of this.open) {
      if (call.isBody !== (this.#forgets === 'bodies')) call.close();
    }
    this.agent.destroy();
  }
}
