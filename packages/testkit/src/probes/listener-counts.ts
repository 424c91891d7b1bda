import { EventEmitter, getEventListeners } from 'node:events';

/** What listeners are counted on: an emitter, by all of its events, or a signal, by `abort`. */
export type Listened = EventEmitter | AbortSignal;

/** Listeners that were not there before. */
export interface AddedListeners {
  /** Who is listened to. */
  readonly on: string;
  readonly event: string;
  /** How many more there are. */
  readonly count: number;
}

/** How many listeners there were, so that the ones that came can be told. */
export class ListenerCounts {
  readonly #targets: readonly (readonly [name: string, target: Listened])[];
  readonly #before: readonly ReadonlyMap<string | symbol, number>[];

  constructor(targets: Readonly<Record<string, Listened>>) {
    this.#targets = Object.entries(targets);
    this.#before = this.#targets.map(([, target]) => countOn(target));
  }

  /** The events that have more listeners than before. */
  added(): readonly AddedListeners[] {
    return this.#targets.flatMap(([on, target], index) =>
      [...countOn(target)].flatMap(([event, count]) => {
        const more = count - (this.#before[index]?.get(event) ?? 0);
        return more > 0 ? [{ on, event: String(event), count: more }] : [];
      }),
    );
  }
}

/** Whether listeners can be counted on a value. */
export function isListened(value: unknown): value is Listened {
  return value instanceof EventEmitter || value instanceof AbortSignal;
}

function countOn(target: Listened): ReadonlyMap<string | symbol, number> {
  if (target instanceof AbortSignal) {
    return new Map([['abort', getEventListeners(target, 'abort').length]]);
  }
  return new Map(target.eventNames().map((event) => [event, target.listenerCount(event)]));
}
