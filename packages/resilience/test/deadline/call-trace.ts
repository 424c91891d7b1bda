import type { ManualClock } from '@linkspan/concurrency';
import type { CallContext, Middleware } from '@linkspan/core';

/** Where a request can be. */
export type Place =
  | 'rate limit'
  | 'bulkhead'
  | 'adaptive concurrency'
  | 'retry'
  | 'hedge'
  | 'fallback'
  | 'circuit breaker'
  | 'timeout'
  | 'standard'
  | 'hedging standard'
  | 'wire';

/** One request in one place, and in the places that it is sent on to from there. */
interface Frame {
  readonly place: Place;
  readonly enteredAt: number;
  leftAt: number;
  readonly within: Frame[];
}

const FRAME = Symbol('frame');
type TracedContext = CallContext & { readonly [FRAME]?: Frame };

/** Follows each call through the layers around it, by no word of theirs. */
export class CallTrace {
  readonly #clock: ManualClock;
  readonly #roots = new Map<number, Frame[]>();
  readonly #all = new Map<number, Frame[]>();

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  /** Stands before a layer: what has come by is in that place, or in those behind it. */
  before(place: Place): Middleware {
    return (next) => async (request, context) => {
      const id = context.call?.id ?? 0;
      const { [FRAME]: parent } = context as TracedContext;
      const frame: Frame = { place, enteredAt: this.#clock.now(), leftAt: Infinity, within: [] };
      if (parent === undefined) listOf(this.#roots, id).push(frame);
      else parent.within.push(frame);
      listOf(this.#all, id).push(frame);
      try {
        return await next(request, { ...context, [FRAME]: frame } as TracedContext);
      } finally {
        frame.leftAt = this.#clock.now();
      }
    };
  }

  /** When the call was sent on to a place for the last time, and when it had left all of them. */
  lastTimes(id: number): { readonly enteredAt: number; readonly leftAt: number } {
    const frames = this.#all.get(id) ?? [];
    return {
      enteredAt: Math.max(0, ...frames.map(({ enteredAt }) => enteredAt)),
      leftAt: Math.max(0, ...frames.map(({ leftAt }) => leftAt)),
    };
  }

  /** Where the requests of a call were until this moment. */
  placesUntil(id: number, at: number): ReadonlySet<Place> {
    const places = new Set<Place>();
    for (const frame of this.#all.get(id) ?? []) {
      // One that hedges within may have requests of its own beside those it has sent on.
      const isLast =
        frame.place === 'hedging standard' || frame.within.every(({ leftAt }) => leftAt !== at);
      if (frame.leftAt === at && isLast) places.add(frame.place);
    }
    return places;
  }

  /** How long a call was in each place and in none behind it, where it was in one at a time. */
  timeIn(id: number): ReadonlyMap<Place, number> {
    const times = new Map<Place, number>();
    for (const { place, enteredAt, leftAt, within } of this.#all.get(id) ?? []) {
      let ms = leftAt - enteredAt;
      for (const inner of within) ms -= inner.leftAt - inner.enteredAt;
      times.set(place, (times.get(place) ?? 0) + ms);
    }
    return times;
  }
}

function listOf(lists: Map<number, Frame[]>, id: number): Frame[] {
  const known = lists.get(id);
  if (known !== undefined) return known;
  const list: Frame[] = [];
  lists.set(id, list);
  return list;
}
