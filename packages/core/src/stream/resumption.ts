import type { Body } from '../body.ts';
import type { Answered, ClientCallContext } from '../client/call-runner.ts';
import type { ResumeRule, StreamPlace } from '../dialect.ts';
import { addToMessage } from '../errors/add-to-message.ts';
import { LinkspanError } from '../errors/linkspan-error.ts';
import { ClosedError } from '../errors/local-errors.ts';
import { StatusError } from '../errors/status-error.ts';
import { DnsError, StreamGapError, TransportError } from '../errors/transport-error.ts';
import type { AttemptBudget } from '../middleware/attempt-budget.ts';
import { isIdempotent } from '../middleware/is-idempotent.ts';
import { isTooLong } from '../middleware/is-too-long.ts';
import { pause } from '../middleware/pause.ts';
import { reportHookError } from '../middleware/report-hook-error.ts';
import { waitWithin } from '../middleware/wait-within.ts';
import { isReplayable } from '../payload.ts';
import type { TransportRequest, TransportResponse } from '../transport.ts';
import { Continuity } from './continuity.ts';
import type { ResumeSettings } from './resume-options.ts';
import type { StreamAnswer } from './stream-head.ts';

/** What is kept of a peer's wish to wait: `retry` of server-sent events. */
const SHORTEST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 300_000;

/** What a stream that broke goes on with: another answer, or the word that nothing more will come. */
export type Continuation =
  | {
      readonly response: TransportResponse;
      /** What a reader is told of it. */
      readonly answer: StreamAnswer;
      /** How long its head was waited for. */
      readonly waitedMs: number;
      readonly terminator?: never;
    }
  | { readonly terminator: string; readonly response?: never };

/** Where and why a stream stopped. */
export interface Stop<Result> {
  readonly failure: LinkspanError;
  /** Whether its wire broke; else the peer refused to go on. */
  readonly isBreak: boolean;
  readonly place: StreamPlace<Result>;
  /** How long the peer asked to wait before a reconnect. */
  readonly retryMs: number | undefined;
}

/** What a resumption works with. */
export interface ResumptionFacts<Result> {
  readonly settings: ResumeSettings;
  /** What is asked before each attempt. */
  readonly budget: AttemptBudget | undefined;
  readonly rule: ResumeRule<Result>;
  /** Of the stream's call, which lasts as long as the stream. */
  readonly context: ClientCallContext;
  /** The request that the stream was opened with. */
  readonly opened: TransportRequest;
  /** The id that an earlier stream came to, when this one takes it up. */
  readonly from: string | undefined;
  readonly random: () => number;
  /** The request that takes the stream up there, if there is one. */
  readonly requestAt: (place: StreamPlace<Result>) => TransportRequest | undefined;
  /** Sends one attempt, within the call of the stream. */
  readonly send: (request: TransportRequest, attempt: number) => Promise<Answered>;
  /** Called when the stream has ended and its last body is closed. */
  readonly onEnd: () => void;
}

/**
 * Takes one stream up again, each time that it breaks: waits, asks the peer to go on behind the last
 * event, and gives the answer. All its waits end when the caller aborts, when the client closes and
 * at the deadline.
 */
export class Resumption<Result> {
  readonly continuity: Continuity;
  /** How often the stream has gone on with another answer. */
  resumes = 0;
  readonly #facts: ResumptionFacts<Result>;
  /** Since something new came. */
  #attempts = 0;
  /** Whether something new came since the last attempt. */
  #hasProgressed = false;
  #usedInstead = false;
  #retryMs: number | undefined;
  #isWanted = false;
  #wanted: PromiseWithResolvers<void> | undefined;
  /** Attempts that are under way, bodies that are open. */
  #isBusy = false;
  #openBodies = 0;
  #isOver = false;

  constructor(facts: ResumptionFacts<Result>) {
    this.#facts = facts;
    this.continuity = new Continuity(facts.rule, facts.from);
  }

  /** An event was handed over that is new and makes progress. */
  progressed(): void {
    this.#attempts = 0;
    this.#hasProgressed = true;
  }

  /** The reader waits for what has not come yet: from now on the peer may be asked. */
  want(): void {
    this.#isWanted = true;
    this.#wanted?.resolve();
  }

  /** The stream reads this body now. */
  opened(body: Body): void {
    this.#openBodies += 1;
    body.onClose(() => {
      this.#openBodies -= 1;
      if (this.#isOver && this.#openBodies === 0) this.#facts.onEnd();
    });
  }

  /** The stream has its outcome: an attempt that is under way ends. */
  end(): void {
    this.#isOver = true;
    const { call } = this.#facts.context;
    if (this.#isBusy) call.abort(new ClosedError('Cannot resume the stream: it was left'));
    if (this.#openBodies === 0) this.#facts.onEnd();
  }

  /** Whether something is asked of the peer before a stream ends with a failure of theirs. */
  goesOn(by: 'wire' | 'peer' | 'client'): boolean {
    return by === 'wire' || (by === 'peer' && this.continuity.isFresh && this.#hasInstead);
  }

  /**
   * What the stream goes on with. The peer is asked once {@link want} was called, so that a reader
   * who is busy, or never comes back, opens no connection.
   *
   * @throws what the stream fails with: StreamGapError when it cannot go on without a loss or a
   * repeat, the refusal of the peer, and else what broke the stream or the last attempt.
   */
  async next(stop: Stop<Result>): Promise<Continuation> {
    this.#isBusy = true;
    try {
      return await this.#goOn(stop);
    } finally {
      this.#isBusy = false;
    }
  }

  async #goOn(stop: Stop<Result>): Promise<Continuation> {
    let { failure, isBreak } = stop;
    this.#retryMs = stop.retryMs ?? this.#retryMs;
    for (;;) {
      const request = isBreak ? this.#nextRequest(failure, stop) : this.#instead(failure, stop);
      // oxlint-disable-next-line no-await-in-loop -- attempts come one after another
      if (isBreak) await this.#wait(failure, stop);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await this.#untilWanted();
      // oxlint-disable-next-line no-await-in-loop -- as above
      const asked = await this.#ask(request);
      if (!(asked instanceof LinkspanError)) return this.#accept(asked, failure);
      failure = asked;
      isBreak = isWorthAnotherTry(asked);
      if (!isBreak && asked.kind !== 'http') throw asked;
    }
  }

  /** The request that goes on; throws what the stream fails with when there is none. */
  #nextRequest(failure: LinkspanError, { place }: Stop<Result>): TransportRequest {
    const { obstacle } = this.continuity;
    if (obstacle !== undefined) {
      throw new StreamGapError(`Cannot resume the stream faithfully: ${obstacle}`, {
        cause: failure,
      });
    }
    const request = this.#resumingRequest(place);
    if (request !== undefined) return request;
    addToMessage(failure, '; there is no request that takes the stream up again');
    throw failure;
  }

  #resumingRequest(place: StreamPlace<Result>): TransportRequest | undefined {
    const { rule, opened, requestAt, settings } = this.#facts;
    const { isUntouched, takesUp } = this.continuity;
    // Without an id, the rest would begin with whatever comes next: what came before it is lost.
    if (!isUntouched || rule.sends === 'snapshot' || settings.request !== undefined) {
      const request = requestAt(place);
      if (request !== undefined) return { ...request, idempotent: request.idempotent ?? true };
    }
    // A request that took up an earlier stream does so again; what it repeats is dropped.
    const mayRepeat = isUntouched ? isIdempotent(opened) : takesUp;
    return mayRepeat && isReplayable(opened.payload) ? opened : undefined;
  }

  /** Waits until the peer may be asked again; throws the failure when it may not. */
  async #wait(error: LinkspanError, { place }: Stop<Result>): Promise<void> {
    const { settings, context, budget, opened } = this.#facts;
    if (this.#attempts >= settings.maxAttempts) {
      const times = this.#attempts === 1 ? 'once' : `${this.#attempts} times`;
      addToMessage(error, `; it was tried to resume the stream ${times} without anything new`);
      throw error;
    }
    const { deadline, call } = context;
    const waitMs = error.retryAfterMs ?? this.#delayMs();
    if (isTooLong(waitMs, error, deadline, deadline.isUnlimited ? LONGEST_RETRY_MS : Infinity)) {
      throw error;
    }
    // A wire that carried the stream forward was a call of its own, and so is the next one.
    if (this.#hasProgressed) budget?.record?.(opened);
    else if (budget?.take(opened) === false) {
      addToMessage(error, '; the budget allows no attempt to resume the stream');
      throw error;
    }
    this.#hasProgressed = false;
    this.#attempts += 1;
    try {
      const { lastEventId } = place;
      settings.onResume?.({ error, attempt: this.#attempts, waitMs, lastEventId });
    } catch (hookError) {
      reportHookError('onResume', hookError);
    }
    call.waits(error, waitMs, error.retryAfterMs !== undefined || this.#retryMs !== undefined);
    await pause(waitMs, context);
  }

  async #untilWanted(): Promise<void> {
    const { context } = this.#facts;
    if (!this.#isWanted) {
      this.#wanted = Promise.withResolvers();
      await waitWithin(this.#wanted.promise, context, { phase: 'backoff', sent: 'yes' });
    }
    context.call.phase = 'queue';
  }

  #delayMs(): number {
    const { settings, random } = this.#facts;
    const { baseDelayMs, maxDelayMs } = settings;
    const backoffMs = random() * Math.min(maxDelayMs, baseDelayMs * 2 ** this.#attempts);
    if (this.#retryMs === undefined) return backoffMs;
    // All whose streams broke together were asked for the same.
    return Math.min(Math.max(this.#retryMs, SHORTEST_RETRY_MS), LONGEST_RETRY_MS) + backoffMs;
  }

  /** What is asked for, once, when the peer refuses to go on; throws the refusal when it is nothing. */
  #instead(refusal: LinkspanError, { place }: Stop<Result>): TransportRequest {
    const request = this.#hasInstead ? this.#facts.rule.instead?.(place, refusal) : undefined;
    if (request === undefined) throw refusal;
    this.#usedInstead = true;
    return request;
  }

  get #hasInstead(): boolean {
    return !this.#usedInstead && this.#facts.rule.instead !== undefined;
  }

  /** What the peer answers, or what the attempt failed with. Throws what no other attempt may follow. */
  async #ask(request: TransportRequest): Promise<Continuation | LinkspanError> {
    const { rule, context, send } = this.#facts;
    const { call } = context;
    try {
      return await this.#take(await send(request, call.attempt + 1));
    } catch (refusal) {
      if (call.signal.aborted) throw refusal;
      if (!(refusal instanceof LinkspanError)) throw layerFailure(refusal);
      return isEnd(refusal, rule) ? { terminator: String(refusal.status) } : refusal;
    }
  }

  async #take({ request, response }: Answered): Promise<Continuation> {
    const { rule, context } = this.#facts;
    const { status, headers, body, secrets } = response;
    if (status !== undefined && rule.endStatuses?.includes(status) === true) {
      await body.cancel();
      return { terminator: String(status) };
    }
    const waitedMs = context.deadline.clock.now() - context.call.attemptStartedAt;
    return { response, waitedMs, answer: { status, headers, secrets, request } };
  }

  #accept(asked: Continuation, failure: LinkspanError): Continuation {
    const { response } = asked;
    if (response === undefined) return asked;
    if (response.status === 204) {
      // There is no body: that freeing the wire fails is not news.
      response.body.cancel().catch(() => {});
      addToMessage(failure, '; asked to go on, the peer has nothing more (status 204)');
      throw failure;
    }
    this.resumes += 1;
    this.#isWanted = false;
    this.#wanted = undefined;
    return asked;
  }
}

/** What a middleware or a hook failed with. */
function layerFailure(cause: unknown): TransportError {
  return new TransportError('Cannot resume the stream: a layer of the client failed', {
    code: 'resume',
    cause,
  });
}

function isEnd(error: LinkspanError, rule: ResumeRule<never>): error is StatusError {
  return error instanceof StatusError && rule.endStatuses?.includes(error.status) === true;
}

/** A name that was found when the stream was opened is gone while the network is: it may come back. */
function isWorthAnotherTry(error: LinkspanError): boolean {
  return error.retryable !== 'no' || error instanceof DnsError;
}
