import type { ClientCallContext } from '../client/call-runner.ts';
import type { Dialect, ResumeRule, StreamPlace } from '../dialect.ts';
import { ConfigurationError } from '../errors/local-errors.ts';
import { StreamGapError, TransportError } from '../errors/transport-error.ts';
import { waitWithin } from '../middleware/wait-within.ts';
import type { ResponseHeaders, TransportRequest } from '../transport.ts';
import { CursorCommits } from './cursor-commits.ts';
import { type Cursor, type CursorStore, toCursor } from './cursor.ts';
import type { ResumeSettings } from './resume-options.ts';
import { type Continuation, Resumption, type ResumptionFacts } from './resumption.ts';
import type { StreamEnding } from './stream-ending.ts';

/** What the client that opened a stream gives it along. */
export interface StreamOriginFacts<Result> {
  readonly dialect: Dialect<unknown, Result>;
  /** The request that opened the stream, as it was sent. */
  readonly request: TransportRequest;
  /** The headers of its answer. */
  readonly headers: ResponseHeaders;
  readonly context: ClientCallContext;
  /** Sends a request in a call of its own, and leaves its answer unread. */
  readonly send: (request: TransportRequest) => Promise<void>;
  /** How the stream is taken up, by its dialect or by the options. */
  readonly rule: ResumeRule<Result> | undefined;
  /** What it takes to do so whenever it breaks; absent when nobody asked for that. */
  readonly resume?:
    | (Pick<ResumptionFacts<Result>, 'budget' | 'from' | 'random' | 'send' | 'onEnd'> & {
        readonly settings: ResumeSettings;
      })
    | undefined;
}

/** How far a stream is. */
interface StreamState<Result> {
  readonly lastEventId: string;
  readonly partial: Result;
  readonly retryMs: number | undefined;
}

/** Where a stream comes from: how it goes on, here or elsewhere, and how the work behind it ends. */
export class StreamOrigin<Result> {
  readonly resumption: Resumption<Result> | undefined;
  readonly #facts: StreamOriginFacts<Result>;
  readonly #commits: CursorCommits | undefined;
  /** The id of the last cursor that the store has, or was given. */
  #keptId: string | undefined;
  #onFailure: (error: TransportError) => void = () => {};

  constructor(facts: StreamOriginFacts<Result>) {
    this.#facts = facts;
    const { rule, resume, context, request: opened } = facts;
    if (rule === undefined || resume === undefined) return;
    const requestAt = (place: StreamPlace<Result>) => this.#requestAt(place);
    this.resumption = new Resumption({ ...resume, rule, context, opened, requestAt });
    this.#keptId = resume.from;
    if (resume.settings.store !== undefined) this.#commits = this.#open(resume.settings.store);
  }

  /** Who is told when the store fails. */
  onFailure(listener: (error: TransportError) => void): void {
    this.#onFailure = listener;
  }

  place(lastEventId: string, partial: Result): StreamPlace<Result> {
    const { request, headers } = this.#facts;
    return { request, headers, lastEventId, partial };
  }

  /** The name under which an answer with this status ends the stream, if it does. */
  endOf(status: number | undefined): string | undefined {
    const isEnd =
      status !== undefined &&
      this.resumption?.continuity.isFresh === true &&
      this.#facts.rule?.endStatuses?.includes(status) === true;
    return isEnd ? String(status) : undefined;
  }

  /**
   * What goes on from there.
   *
   * @throws ConfigurationError when the work ends with its wire; StreamGapError when what goes on
   * would lose or repeat something.
   */
  cursor(place: StreamPlace<Result>): Cursor {
    const { dialect } = this.#facts;
    const request = this.#requestAt(place);
    if (request === undefined && dialect.cancel?.(place) === undefined) {
      throw new ConfigurationError(
        `Cannot detach from the ${dialect.name} stream: it cannot be taken up again, and its work ends with its wire`,
      );
    }
    const obstacle = this.resumption?.continuity.obstacle;
    if (obstacle !== undefined) {
      throw new StreamGapError(`Cannot detach from the ${dialect.name} stream: ${obstacle}`);
    }
    return toCursor(place.lastEventId, place.request, request);
  }

  /**
   * What comes before the end of a stream: what it goes on with, or nothing new once the store has
   * every cursor; `undefined` when there is nothing to wait for.
   */
  after(
    ending: StreamEnding,
    stream: StreamState<Result>,
  ): Promise<Continuation | undefined> | undefined {
    if (ending.status === 'complete') {
      return this.#commits?.isPending === true ? this.kept().then(() => undefined) : undefined;
    }
    const { resumption } = this;
    if (resumption?.goesOn(ending.by) !== true) return undefined;
    // What was read and not handed over yet will be, before the peer is asked.
    const place = this.place(resumption.continuity.lastId, stream.partial);
    return resumption.next({
      failure: ending.error,
      isBreak: ending.by === 'wire',
      place,
      retryMs: stream.retryMs,
    });
  }

  /** What was handed over last is done with: the next event is asked for. */
  passed(stream: StreamState<Result>): void {
    if (this.#commits === undefined) return;
    const { lastEventId } = stream;
    // Where the peer sends its state, no id is needed to come back to it.
    const hasPlace = lastEventId !== '' || this.#facts.rule?.sends === 'snapshot';
    if (!hasPlace || lastEventId === this.#keptId) return;
    const place = this.place(lastEventId, stream.partial);
    try {
      const request = this.#requestAt(place);
      if (request !== undefined || lastEventId !== '') {
        this.keep(toCursor(lastEventId, place.request, request));
      }
    } catch (error) {
      this.#onFailure(error as TransportError);
    }
  }

  /** Gives the store a cursor, unless it has it. */
  keep(cursor: Cursor): void {
    if (cursor.lastEventId === this.#keptId) return;
    this.#keptId = cursor.lastEventId;
    this.#commits?.commit(cursor);
  }

  /** Resolves when the store has every cursor. @throws what the store failed with; and as calls do. */
  async kept(): Promise<void> {
    if (this.#commits === undefined) return;
    const { context } = this.#facts;
    await waitWithin(this.#commits.flushed(), context, { phase: 'close', sent: 'yes' });
  }

  /** Ends the work behind the stream, in protocols where freeing the wire does not. */
  async endWork(place: StreamPlace<Result>): Promise<void> {
    const { dialect, send } = this.#facts;
    const request = dialect.cancel?.(place);
    if (request !== undefined) await send(request);
  }

  #open(store: CursorStore): CursorCommits {
    return new CursorCommits(store, (error) => this.#onFailure(error));
  }

  #requestAt(place: StreamPlace<Result>): TransportRequest | undefined {
    try {
      return this.#facts.rule?.request(place);
    } catch (cause) {
      const message = 'Cannot resume the stream: the request for it could not be made';
      throw new TransportError(message, { code: 'resume_request', cause });
    }
  }
}

/** The dialect's way to take a stream up, with what the options put in its place. */
export function resumeRule<Result>(
  dialect: Pick<Dialect<never, Result>, 'resume'>,
  settings: Partial<Pick<ResumeSettings, 'request' | 'sends'>>,
): ResumeRule<Result> | undefined {
  const { resume: rule } = dialect;
  const { request, sends = rule?.sends ?? 'rest' } = settings;
  if (request !== undefined) {
    return { sends, ids: rule?.ids ?? 'opaque', endStatuses: rule?.endStatuses ?? [], request };
  }
  return rule === undefined || rule.sends === sends ? rule : { ...rule, sends };
}
