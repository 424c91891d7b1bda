import { CapacityLimiter, parallel } from '@linkspan/concurrency';
import type { Client } from '../client/client.ts';
import { ClosedError } from '../errors/local-errors.ts';
import type { Middleware } from '../middleware/middleware.ts';
import type { Explanation } from '../settings/explain-config.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import type { ClientConfig } from './client-config.ts';
import { ClientEntry, type EntryHost } from './client-entry.ts';
import { type ClientStatus, type ManagerStatus, summarizeStatus } from './client-status.ts';
import type { ClientOfType, ConfigOfType } from './config-of-type.ts';
import type { ManagedClient } from './managed-client.ts';
import {
  type ClientManagerOptions,
  type ManagerEvents,
  type ManagerSettings,
  managerSettings,
  type RegisterOptions,
  type StatusChange,
} from './manager-options.ts';
import { ManagerListeners } from './manager-listeners.ts';
import { observeCalls } from './observe-calls.ts';
import { readRegistration } from './read-registration.ts';
import { unknownClient, wrongId } from './unknown-client.ts';

/**
 * Many clients by their names: made or taken in, found, connected, checked, watched and closed in one
 * place. A client that fails disturbs no other. `register` gives the manager itself, with a type that
 * knows the new name:
 *
 * ```ts
 * const manager = new ClientManager({ registry, health: { intervalMs: 15_000 } })
 *   .register('billing', { type: 'http', baseUrl: 'https://billing.example.com' })
 *   .register('search', searchClient);
 * await manager.connectAll();
 * const response = await manager.get('billing').request({ path: '/invoices' });
 * ```
 */
export class ClientManager<
  Clients extends object = object,
  Factories extends object = object,
> implements AsyncDisposable {
  readonly #settings: ManagerSettings;
  readonly #entries = new Map<string, ClientEntry>();
  readonly #listeners = new ManagerListeners();
  readonly #host: EntryHost;
  /** Clients that were taken out, and are not yet closed. */
  readonly #leaving = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  /** @throws ConfigurationError with every option that is wrong. */
  constructor(options: ClientManagerOptions<Factories> = {}) {
    const settings = parseSettings('ClientManager', managerSettings, options);
    this.#settings = settings;
    const { clock, now, random, connectMs, concurrency, onCheck, onStatusChange } = settings;
    const checks = new CapacityLimiter(concurrency);
    this.#host = { clock, now, random, connectMs, checks, listeners: this.#listeners };
    if (onCheck !== undefined) this.#listeners.on('check', onCheck);
    if (onStatusChange !== undefined) this.#listeners.on('statusChange', onStatusChange);
  }

  /**
   * Takes in a client, or makes one of its configuration with the `registry`. Its periodic checks
   * begin, where there is an interval. A client that was made here is closed here; one that was given
   * only with `ownClient: true`.
   *
   * @throws ConfigurationError when the id is taken, and with everything that is wrong with the
   * configuration and the options; ClosedError when the manager is closed.
   */
  register<Id extends string, Given extends ManagedClient>(
    id: Id,
    client: Given,
    options?: RegisterOptions<Given>,
  ): ClientManager<Clients & Readonly<Record<Id, Given>>, Factories>;
  register<Id extends string>(
    id: Id,
    config: ClientConfig,
    options?: RegisterOptions<Client>,
  ): ClientManager<Clients & Readonly<Record<Id, Client>>, Factories>;
  register<Id extends string, Type extends keyof Factories & string>(
    id: Id,
    config: ConfigOfType<Factories, Type>,
    options?: RegisterOptions<ClientOfType<Factories, Type>>,
  ): ClientManager<Clients & Readonly<Record<Id, ClientOfType<Factories, Type>>>, Factories>;
  register(id: string, given: object, options?: RegisterOptions<never>): never {
    if (this.#closing !== undefined) throw closedError(`register '${id}'`);
    if (typeof id !== 'string' || id === '') throw wrongId('expected a name that is not empty');
    if (this.#entries.has(id)) throw wrongId(`'${id}' is taken`);
    // What is made here calls with its own entry, also when the id is another's one day.
    let entry: ClientEntry | undefined;
    const observe = observeCalls(() => entry);
    const facts = readRegistration({ id, given, options, observe }, this.#settings);
    entry = new ClientEntry(facts, this.#host);
    this.#entries.set(id, entry);
    return this as never;
  }

  /**
   * Takes a client out, at once, and closes it if it is the manager's own. What waits for it here
   * fails with ClosedError.
   *
   * @throws ConfigurationError for an unknown id; what closing it throws.
   */
  async unregister(id: string, options: { readonly drainMs?: number } = {}): Promise<void> {
    const entry = this.#find(id);
    this.#entries.delete(id);
    const closing = entry.close(options);
    this.#leaving.add(closing);
    try {
      await closing;
    } finally {
      this.#leaving.delete(closing);
    }
  }

  /**
   * The client of an id.
   *
   * @throws ConfigurationError for an unknown id; it lists the known ones.
   */
  get<Id extends keyof Clients & string>(id: Id): Clients[Id];
  get(id: string): ManagedClient;
  get(id: string): ManagedClient {
    return this.#find(id).facts.client;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** The ids, in the order they were registered. */
  ids(): readonly string[] {
    return [...this.#entries.keys()];
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Connects a client. Calls connect by themselves: this is to know it beforehand.
   *
   * @throws LinkspanError when it fails, or takes longer than `connectMs`; `signal.reason`.
   */
  async connect(id: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#find(id).connect(options.signal);
  }

  /** Connects all, and tells how they are then. It does not throw: a failure is in the status. */
  async connectAll(options: { readonly signal?: AbortSignal } = {}): Promise<ManagerStatus> {
    return await this.#forAll((entry) => entry.connect(options.signal), options.signal);
  }

  /**
   * Checks a client now, and tells how it is then: a check that fails is in the status. When `signal`
   * aborts, the check is given up unless others wait for it too, and has no say.
   *
   * @throws ConfigurationError for an unknown id.
   */
  async check(id: string, options: { readonly signal?: AbortSignal } = {}): Promise<ClientStatus> {
    const entry = this.#find(id);
    await entry.check(options.signal);
    return entry.status();
  }

  /**
   * Checks all, `concurrency` of them at a time, and tells how they are then. It does not throw. When
   * `signal` aborts, it tells at once what is known.
   */
  async checkAll(options: { readonly signal?: AbortSignal } = {}): Promise<ManagerStatus> {
    return await this.#forAll((entry) => entry.check(options.signal), options.signal);
  }

  /** How all clients are, as plain JSON without secrets. */
  status(): ManagerStatus;
  /** How one client is. @throws ConfigurationError for an unknown id. */
  status(id: string): ClientStatus;
  status(id?: string): ManagerStatus | ClientStatus {
    if (id !== undefined) return this.#find(id).status();
    return summarizeStatus(Array.from(this.#entries.values(), (entry) => entry.status()));
  }

  /**
   * Which value each option of a client has, and where it came from: the environment too, for one
   * that was made here. Secrets are redacted. Nothing, for a client that cannot tell.
   *
   * @throws ConfigurationError for an unknown id.
   */
  explainConfig(id: string): Readonly<Record<string, Explanation>> {
    return this.#find(id).facts.explain?.() ?? {};
  }

  /**
   * Tells a listener of every change of a state, or of every check, from now on.
   *
   * @returns takes the listener back.
   */
  on<Name extends keyof ManagerEvents>(name: Name, listener: ManagerEvents[Name]): () => void {
    return this.#listeners.on(name, listener);
  }

  /**
   * The changes of states from the moment it is iterated. Of the changes of one client that a slow
   * loop has not taken, the last is kept. It ends when the manager closes, and throws `signal.reason`.
   */
  changes(options: { readonly signal?: AbortSignal } = {}): AsyncIterable<StatusChange, undefined> {
    return this.#listeners.changes(options.signal);
  }

  /**
   * A middleware that tells the manager of the attempts of a client: of the one that has this id at
   * the time. Clients that are made here have it.
   *
   * ```ts
   * const client = createHttpClient({ baseUrl, middleware: [manager.observe('billing')] });
   * manager.register('billing', client);
   * ```
   */
  observe(id: string): Middleware {
    return observeCalls(() => this.#entries.get(id));
  }

  /**
   * Closes one client for good, if it is the manager's own, and stops its checks. It keeps its id and
   * its status until it is taken out with {@link unregister}. Idempotent.
   */
  close(id: string, options?: { readonly drainMs?: number }): Promise<void>;
  /**
   * Closes the manager: ends all checks and waits, and closes the clients that are its own, each for
   * itself; calls in flight may finish for `drainMs`. Idempotent.
   *
   * @throws what closing a client throws, when all have been closed; AggregateError for several.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
  async close(
    which?: string | { readonly drainMs?: number },
    options: { readonly drainMs?: number } = {},
  ): Promise<void> {
    if (typeof which === 'string') return await this.#find(which).close(options);
    this.#closing ??= this.#close(which ?? {});
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(options: { readonly drainMs?: number }): Promise<void> {
    const closings = Array.from(this.#entries.values(), (entry) => entry.close(options));
    this.#listeners.close();
    const ends = await Promise.allSettled([...closings, ...this.#leaving]);
    const failures = ends.flatMap((end) =>
      end.status === 'rejected' ? [end.reason as unknown] : [],
    );
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) {
      throw new AggregateError(failures, `Cannot close ${failures.length} of the clients`);
    }
  }

  async #forAll(
    run: (entry: ClientEntry) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<ManagerStatus> {
    const entries = [...this.#entries.values()];
    const { concurrency } = this.#settings;
    await parallel(
      entries,
      async (entry) => {
        // What fails is kept by the entry, and told by its status.
        if (signal?.aborted !== true) await run(entry).catch(() => {});
      },
      { concurrency },
    );
    return this.status();
  }

  #find(id: string): ClientEntry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw unknownClient(id, this.ids());
    return entry;
  }
}

function closedError(what: string): ClosedError {
  return new ClosedError(`Cannot ${what}: the manager is closed`);
}
