import type { CapacityLimiter, Clock } from '@linkspan/concurrency';
import type { LinkspanError } from '../errors/linkspan-error.ts';
import { ClosedError } from '../errors/local-errors.ts';
import { reportHookError } from '../middleware/report-hook-error.ts';
import type { CircuitState, ClientState, ClientStatus } from './client-status.ts';
import { CheckSchedule } from './check-schedule.ts';
import type { EntryFacts } from './entry-facts.ts';
import { HealthState } from './health-state.ts';
import type { CheckNotice, ManagerSettings } from './manager-options.ts';
import type { ManagerListeners } from './manager-listeners.ts';
import type { CallObserver } from './observe-calls.ts';
import { connectClient, probeClient } from './reach-client.ts';
import { ResponseTimes } from './response-times.ts';
import { SharedRun } from './shared-run.ts';
import { asFailure, type ErrorReport, showError } from './show-error.ts';
import { untilDone } from './until-done.ts';
import { unrefClock } from './unref-clock.ts';

/** What an entry has of its manager. */
export interface EntryHost extends Pick<ManagerSettings, 'clock' | 'now' | 'random' | 'connectMs'> {
  readonly listeners: ManagerListeners;
  /** How many checks are under way at a time. */
  readonly checks: CapacityLimiter;
}

/** One client of the manager: its life, its checks, and what is known of it. */
export class ClientEntry implements CallObserver {
  readonly facts: EntryFacts;
  readonly #host: EntryHost;
  readonly #health: HealthState;
  readonly #times: ResponseTimes;
  readonly #schedule: CheckSchedule;
  /** Aborts when the entry is closed, with what is then said to those who wait. */
  readonly #end = new AbortController();
  readonly #check: SharedRun<Clock>;
  readonly #counts = { checkSuccesses: 0, checkFailures: 0, callSuccesses: 0, callFailures: 0 };
  #connecting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #state: ClientState = 'idle';
  #since: number;
  #lastCheckAt: number | undefined;
  #lastError: { readonly error: LinkspanError; readonly at: number } | undefined;

  constructor(facts: EntryFacts, host: EntryHost) {
    const { health } = facts;
    this.facts = facts;
    this.#host = host;
    this.#health = new HealthState(health);
    this.#times = new ResponseTimes(health);
    this.#since = host.now();
    this.#check = new SharedRun((signal, clock) => this.#runCheck(signal, clock));
    const clock = health.unref ? unrefClock(host.clock) : host.clock;
    const checkQuietly = (): Promise<void> => this.#check.run(undefined, clock);
    this.#schedule = new CheckSchedule(checkQuietly, health, clock, host.random);
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  /** @throws ClosedError, the caller's `signal.reason`, and what the client's own connect throws. */
  async connect(signal: AbortSignal | undefined): Promise<void> {
    if (this.isClosed) throw this.#closedError('connect');
    signal?.throwIfAborted();
    const connecting = this.#connecting ?? this.#beginConnect();
    await untilDone(() => connecting, { signal });
  }

  /** Checks, or joins the check that is under way. It does not reject. */
  async check(signal: AbortSignal | undefined): Promise<void> {
    if (!this.isClosed) await this.#check.run(signal, this.#host.clock);
  }

  /** Ends its checks and waits at once, and closes the client if it is the manager's own. */
  close(options: { readonly drainMs?: number }): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  callSucceeded(): void {
    this.#counts.callSuccesses += 1;
    if (this.#health.isSettled || this.isClosed) return;
    this.#health.called(true);
    this.#tellChange();
  }

  callFailed(error: LinkspanError): void {
    this.#counts.callFailures += 1;
    if (this.isClosed) return;
    this.#keep(error);
    this.#health.called(false);
    this.#tellChange();
  }

  status(): ClientStatus {
    const { id, type, metadata } = this.facts;
    const { lastMs: responseTimeMs, ewmaMs, baselineMs, p95Ms } = this.#times;
    const counts = this.#counts;
    const circuit = this.#readCircuit();
    return {
      id,
      type,
      state: this.#state,
      since: date(this.#since),
      ...rounded({ responseTimeMs, ewmaMs, p95Ms, baselineMs }),
      ...(this.#lastCheckAt !== undefined && { lastCheckAt: date(this.#lastCheckAt) }),
      ...(this.#lastError !== undefined && {
        lastError: this.#show(this.#lastError.error),
        lastErrorAt: date(this.#lastError.at),
      }),
      consecutiveFailures: this.#health.consecutiveFailures,
      checks: { successes: counts.checkSuccesses, failures: counts.checkFailures },
      calls: { successes: counts.callSuccesses, failures: counts.callFailures },
      ...(circuit !== undefined && { circuit }),
      ...(metadata !== undefined && { metadata }),
    };
  }

  #beginConnect(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    // A listener that is told of it may ask for the same connect.
    this.#connecting = promise;
    resolve(this.#connect());
    // Those who wait for it may all leave before it fails.
    promise.catch(() => {});
    return promise;
  }

  async #connect(): Promise<void> {
    const { id } = this.facts;
    const { clock, connectMs } = this.#host;
    this.#health.beginConnect();
    this.#tellChange();
    try {
      await connectClient(this.facts, { signal: this.#end.signal, clock, connectMs });
      this.#health.connected();
    } catch (error) {
      if (this.isClosed) throw error;
      const failure = asFailure(
        error,
        `Cannot connect '${id}': its connect failed`,
        this.#transport,
      );
      this.#keep(failure);
      this.#health.connectFailed();
      throw failure;
    } finally {
      this.#connecting = undefined;
      this.#tellChange();
    }
  }

  async #runCheck(signal: AbortSignal, clock: Clock): Promise<void> {
    try {
      await this.#host.checks.run(() => this.#checkNow(signal, clock), { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
      // It was taken back while it waited for its turn: nothing was learned.
    }
  }

  async #checkNow(signal: AbortSignal, clock: Clock): Promise<void> {
    const { probe, id } = this.facts;
    const startedAt = clock.now();
    try {
      if (probe !== undefined) await probeClient(this.facts, probe, { signal, clock });
      else if (!this.#isUp) await this.connect(signal);
    } catch (error) {
      if (signal.aborted) return this.#tellCheck({ result: 'cancelled' });
      const failure = asFailure(error, `Cannot check '${id}': its probe failed`, this.#transport);
      this.#countCheck('checkFailures');
      // A connect that fails has told of it.
      if (probe !== undefined) {
        this.#keep(failure);
        this.#health.checked('failed');
      }
      return this.#tellCheck({ result: 'failure' }, failure);
    }
    if (signal.aborted) return this.#tellCheck({ result: 'cancelled' });
    this.#countCheck('checkSuccesses');
    if (probe === undefined) return this.#tellCheck({ result: 'success' });
    const responseTimeMs = clock.now() - startedAt;
    this.#health.checked(this.#times.add(responseTimeMs));
    this.#tellCheck({ result: 'success', responseTimeMs });
  }

  #countCheck(as: 'checkSuccesses' | 'checkFailures'): void {
    this.#counts[as] += 1;
    this.#lastCheckAt = this.#host.now();
  }

  async #close({ drainMs }: { readonly drainMs?: number }): Promise<void> {
    this.#schedule.stop();
    this.#health.close();
    const error = this.#closedError('go on with');
    this.#check.cancel(error);
    this.#end.abort(error);
    this.#tellChange();
    const { ownsClient, client } = this.facts;
    if (ownsClient) await client.close(drainMs === undefined ? undefined : { drainMs });
  }

  get #transport(): string {
    const { client, type } = this.facts;
    return client.transport?.name ?? type;
  }

  get #isUp(): boolean {
    return this.#state === 'connected' || this.#state === 'degraded';
  }

  #keep(error: LinkspanError): void {
    this.#lastError = { error, at: this.#host.now() };
  }

  #show(error: LinkspanError): ErrorReport {
    return showError(error, this.facts.secrets);
  }

  #tellCheck(facts: Pick<CheckNotice, 'result' | 'responseTimeMs'>, error?: LinkspanError): void {
    this.#tellChange();
    const { listeners } = this.#host;
    if (!listeners.hears('check')) return;
    const { id, type, metadata } = this.facts;
    listeners.emit('check', {
      id,
      type,
      ...facts,
      ...(error !== undefined && { error: this.#show(error) }),
      state: this.#state,
      ...(metadata !== undefined && { metadata }),
    });
  }

  #tellChange(): void {
    const from = this.#state;
    const to = this.#health.state;
    if (from === to) return;
    this.#state = to;
    this.#since = this.#host.now();
    const { listeners } = this.#host;
    if (!listeners.hears('statusChange')) return;
    listeners.emit('statusChange', { id: this.facts.id, from, to, status: this.status() });
  }

  #readCircuit(): CircuitState | undefined {
    try {
      return this.facts.circuit?.();
    } catch (error) {
      reportHookError('circuit', error);
      return undefined;
    }
  }

  #closedError(what: string): ClosedError {
    return new ClosedError(`Cannot ${what} '${this.facts.id}': it was closed`, {
      transport: this.#transport,
    });
  }
}

/** To the microsecond, as far as they are known. */
function rounded<Name extends string>(
  times: Readonly<Record<Name, number | undefined>>,
): Partial<Record<Name, number>> {
  const known = Object.entries<number | undefined>(times).flatMap(([name, ms]) =>
    ms === undefined ? [] : [[name, Math.round(ms * 1_000) / 1_000]],
  );
  return Object.fromEntries(known) as Partial<Record<Name, number>>;
}

function date(ms: number): string {
  return new Date(ms).toISOString();
}
