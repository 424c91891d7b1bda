import type { TransportRequest } from '@linkspan/core';
import type { OriginReader } from './origin-reader.ts';

/** How many origins are remembered: a crawler that meets millions does not grow without end. */
const MOST_ORIGINS = 1_000;

/**
 * Keeps one state for each origin that requests go to: peers do not pay for one another's failures.
 * The origin that was met first is forgotten when there are more than 1,000.
 */
export class PerOrigin<State> {
  readonly #make: (origin: string) => State;
  readonly #origins: OriginReader;
  readonly #states = new Map<string, State>();
  #lastOrigin: string | undefined;
  #lastState: State | undefined;

  constructor(make: (origin: string) => State, origins: OriginReader) {
    this.#make = make;
    this.#origins = origins;
  }

  /** The state of the origin that a request goes to. */
  of(request: Pick<TransportRequest, 'target'> | undefined): State {
    const origin = this.#origins.read(request);
    if (origin !== this.#lastOrigin) {
      this.#lastState = this.at(origin);
      this.#lastOrigin = origin;
    }
    return this.#lastState!;
  }

  /** The state of an origin, such as `https://api.example.com`. */
  at(origin: string): State {
    const known = this.#states.get(origin);
    if (known !== undefined) return known;
    const state = this.#make(origin);
    this.#states.set(origin, state);
    if (this.#states.size > MOST_ORIGINS) this.#states.delete(this.#states.keys().next().value!);
    return state;
  }
}
