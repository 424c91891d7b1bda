import type { Dialect, Reading, StreamReader } from '../dialect.ts';
import { ProtocolError } from '../errors/transport-error.ts';
import type { Usage } from '../outcome.ts';
import type { Continuity } from './continuity.ts';

const NOTHING: Reading<never> = {};

/**
 * A reader that reads each event once, however often the peers of a resumed stream send it: repeats
 * are left out before they are added up, and a gap is a failure.
 */
export class OnceReader<Event, Result> implements StreamReader<unknown, Event, Result> {
  readonly #dialect: Pick<Dialect<Event, Result>, 'name'>;
  readonly #reader: StreamReader<unknown, Event, Result>;
  readonly #continuity: Continuity;
  /** The `id` of the frame before, on this connection. */
  #frameId = '';
  /** Whether the dialect has its ids in the data, and asks. */
  #asks = false;
  /** The id that was asked about last, when it is that of a repeat. */
  #repeated: string | undefined;

  constructor(
    dialect: Pick<Dialect<Event, Result>, 'name'>,
    reader: StreamReader<unknown, Event, Result>,
    continuity: Continuity,
  ) {
    this.#dialect = dialect;
    this.#reader = reader;
    this.#continuity = continuity;
  }

  get partial(): Result {
    return this.#reader.partial;
  }

  get usage(): Usage | undefined {
    return this.#reader.usage;
  }

  get finishReason(): string | undefined {
    return this.#reader.finishReason;
  }

  /** A new connection begins. */
  reconnect(): void {
    this.#frameId = '';
    this.#continuity.reconnect();
  }

  /** All frames were read; the id of the decoder may be that of a block without an event. */
  caughtUp(decodedId: string): void {
    const id = this.#changed(decodedId);
    if (id === undefined) return;
    if (this.#continuity.isRepeat(id)) this.#continuity.repeated(id);
    else this.#continuity.add(id, NOTHING);
  }

  read(frame: unknown): Reading<Event> {
    const continuity = this.#continuity;
    const frameId = this.#changed((frame as { readonly id?: unknown } | null)?.id);
    if (frameId !== undefined && continuity.isRepeat(frameId)) {
      continuity.repeated(frameId);
      return NOTHING;
    }
    if (frameId === undefined && continuity.isBehind && !this.#asks) return NOTHING;

    this.#repeated = undefined;
    const reading = this.#reader.read(frame, this.#isRepeat);
    if (this.#repeated !== undefined) {
      continuity.repeated(this.#repeated);
      return NOTHING;
    }
    const { id = frameId } = reading;
    if (id === undefined && continuity.isBehind) return withoutEvent(reading);
    if (id !== undefined && id !== frameId && continuity.isRepeat(id)) return this.#unasked();
    const gap = continuity.add(id, reading);
    return gap === undefined ? reading : { error: gap };
  }

  readonly #isRepeat = (id: string): boolean => {
    this.#asks = true;
    const isRepeat = this.#continuity.isRepeat(id);
    if (isRepeat) this.#repeated = id;
    return isRepeat;
  };

  /** The id where it is another than before: a peer that leaves it out means the one before. */
  #changed(id: unknown): string | undefined {
    if (typeof id !== 'string' || id === this.#frameId) return undefined;
    this.#frameId = id;
    if (id !== '') return id;
    this.#continuity.clear();
    return undefined;
  }

  /** The event is added up already, for the second time. */
  #unasked(): Reading<Event> {
    const message = `Cannot go on with the stream: the ${this.#dialect.name} dialect reads an event that came before without asking`;
    return { error: new ProtocolError(message, { code: 'dialect', phase: 'body' }) };
  }
}

function withoutEvent({ event: _event, ...reading }: Reading<unknown>): Reading<never> {
  return reading;
}
