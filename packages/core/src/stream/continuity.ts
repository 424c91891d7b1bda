import type { Reading, ResumeRule } from '../dialect.ts';
import { StreamGapError } from '../errors/transport-error.ts';
import { SeenIds } from './seen-ids.ts';

/**
 * Judges, by their durable ids, the events of a stream that goes on over several connections: which
 * are new, which are repeats, and where something is missing. An event without an id belongs to the
 * one before it.
 *
 * A peer that starts over is followed: from an event that was read before, all are repeats until
 * the last one that was read has come by.
 */
export class Continuity {
  /** The last durable id that was read; `''` when there is none. */
  lastId: string;
  readonly #rule: Pick<ResumeRule, 'sends' | 'ids'>;
  readonly #seen = new SeenIds();
  readonly #takesUp: boolean;
  #events = 0;
  /**
   * Where the connection is: no id has told yet, or it repeats what was read, or it is level with
   * what was read: the last event, or a new one, has come by.
   */
  #position: 'unknown' | 'behind' | 'level';
  /** Whether nothing new has come since the connection began, which takes something up. */
  #isFresh: boolean;
  /** Whether events without an id came that brought something: since the last id, and ever. */
  #hasLoose = false;
  #hadLoose = false;

  /** @param from the id that an earlier stream came to, when this one takes it up. */
  constructor(rule: Pick<ResumeRule, 'sends' | 'ids'>, from?: string) {
    this.#rule = rule;
    this.#takesUp = this.#isFresh = from !== undefined;
    this.#position = this.#takesUp ? 'unknown' : 'level';
    this.lastId = from ?? '';
    if (this.lastId !== '') this.#seen.add(this.lastId);
  }

  /** Whether the stream takes an earlier one up: its first request was the one that does so. */
  get takesUp(): boolean {
    return this.#takesUp;
  }

  /** Whether nothing was read, and no earlier stream is taken up. */
  get isUntouched(): boolean {
    return this.#events === 0 && this.lastId === '' && !this.#takesUp;
  }

  /** Whether the peer repeats, and has not come to the last event that was read. */
  get isBehind(): boolean {
    return this.#position === 'behind';
  }

  /** Whether the peer was asked to go on, and nothing new has come since. */
  get isFresh(): boolean {
    return this.#isFresh;
  }

  /** Why nobody can go on behind {@link lastId} without a loss or a repeat; `undefined` if one can. */
  get obstacle(): string | undefined {
    if (this.#rule.sends === 'snapshot') return undefined;
    if (this.lastId === '' && this.#events > 0) return 'its last event has no id to go on from';
    if (this.#hasLoose) return 'events without an id came behind the last one that has one';
    return undefined;
  }

  /** A new connection begins. */
  reconnect(): void {
    this.#position = 'unknown';
    this.#isFresh = true;
  }

  /** Whether an event with this id was read before. */
  isRepeat(id: string): boolean {
    const { sends, ids } = this.#rule;
    if (sends === 'snapshot') return false;
    if (ids === 'counting') return this.lastId !== '' && toCount(id) <= toCount(this.lastId);
    return this.#seen.has(id) || (this.isBehind && !this.#seen.isWhole);
  }

  /** An event came again. */
  repeated(id: string): void {
    if (id === this.lastId) this.#position = 'level';
    else if (this.#position === 'unknown') this.#position = 'behind';
  }

  /** The peer takes its ids back: there is none to go on from. */
  clear(): void {
    this.lastId = '';
  }

  /** Takes what is new, with its id if it has one of its own; gives the gap before it, if there is one. */
  add(id: string | undefined, reading: Reading<unknown>): StreamGapError | undefined {
    if (id === undefined) return this.#addLoose(reading);
    if (this.#rule.sends === 'rest' && this.#rule.ids === 'counting') {
      const gap = this.#gapBefore(id);
      if (gap !== undefined) return gap;
    }
    if (reading.event !== undefined) this.#count();
    if (this.#rule.ids === 'opaque') this.#seen.add(id);
    this.lastId = id;
    this.#position = 'level';
    this.#hasLoose = false;
    return undefined;
  }

  #addLoose(reading: Reading<unknown>): StreamGapError | undefined {
    if (reading.event === undefined) return undefined;
    this.#count();
    if (reading.progress === false || this.#rule.sends === 'snapshot') return undefined;
    if (this.#position === 'unknown' && this.#hadLoose) {
      return new StreamGapError(
        'Cannot go on with the stream: it begins again with an event without an id, which may have come before',
      );
    }
    if (this.#position === 'unknown') this.#position = 'level';
    this.#hasLoose = true;
    this.#hadLoose = true;
    return undefined;
  }

  #count(): void {
    this.#events += 1;
    this.#isFresh = false;
  }

  #gapBefore(id: string): StreamGapError | undefined {
    const { lastId } = this;
    const count = toCount(id);
    const isNext = lastId === '' ? !Number.isNaN(count) : count === toCount(lastId) + 1;
    if (isNext) return undefined;
    const found = JSON.stringify(id.slice(0, 40));
    return new StreamGapError(
      lastId === ''
        ? `Cannot go on with the stream: its events are counted, found the id ${found}`
        : `Cannot go on with the stream: expected the event behind ${lastId}, found the id ${found}`,
    );
  }
}

/** The number that an id is; NaN, which is neither more nor less than any, when it is none. */
function toCount(id: string): number {
  const count = /^\d{1,16}$/.test(id) ? Number(id) : NaN;
  return Number.isSafeInteger(count) ? count : NaN;
}
