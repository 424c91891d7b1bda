import type { Secret } from '@linkspan/core';
import { connect, errors, type NatsConnection } from '@nats-io/transport-node';
import { connectFailure, lostConnection, permissionFailure } from './errors.ts';
import type { Replies } from './replies.ts';

/** Where NATS is, and how its connection is kept. */
export interface LinkSettings {
  readonly servers: readonly string[];
  readonly user: string | undefined;
  readonly pass: Secret | undefined;
  readonly token: Secret | undefined;
  readonly connectMs: number;
  readonly pingMs: number;
}

/**
 * The connection that all calls share. It is made when it is needed, and again by the first call
 * after it broke: never behind the back of the calls that were on it, since what was published
 * meanwhile is lost to them. So the client's own reconnecting is off.
 */
export class NatsLink {
  readonly #settings: LinkSettings;
  /** The calls that are on the connection, by the subject that they went to. */
  readonly #calls = new Map<Replies, string>();
  #connection: Promise<NatsConnection> | undefined;

  constructor(settings: LinkSettings) {
    this.#settings = settings;
  }

  /** The connection, which is made unless there is one. */
  connected(): Promise<NatsConnection> {
    this.#connection ??= this.#connect();
    return this.#connection;
  }

  /** Has a call told what becomes of the connection. */
  add(call: Replies, subject: string): void {
    this.#calls.set(call, subject);
  }

  delete(call: Replies): void {
    this.#calls.delete(call);
  }

  /** Closes the connection. One that is just being made is waited for: the client cannot stop it. */
  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.close();
  }

  async #connect(): Promise<NatsConnection> {
    const { servers, user, pass, token, connectMs, pingMs } = this.#settings;
    try {
      const connection = await connect({
        servers: [...servers],
        ...(user !== undefined && { user }),
        ...(pass !== undefined && { pass: pass.reveal() }),
        ...(token !== undefined && { token: token.reveal() }),
        timeout: connectMs,
        pingInterval: pingMs,
        reconnect: false,
        noAsyncTraces: true,
      });
      void this.#watchErrors(connection);
      void this.#watchEnd(connection);
      return connection;
    } catch (cause) {
      this.#connection = undefined;
      throw connectFailure(cause, connectMs);
    }
  }

  async #watchEnd(connection: NatsConnection): Promise<void> {
    const cause = await connection.closed();
    // Before the calls are told: they may try again at once.
    this.#connection = undefined;
    for (const call of this.#calls.keys()) {
      call.fail(lostConnection(cause ?? undefined, call.hasHead ? 'body' : 'headers'));
    }
  }

  /** The server tells a forbidden publication apart from the call, by its subject. */
  async #watchErrors(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type !== 'error') continue;
      const { error } = status;
      if (!(error instanceof errors.PermissionViolationError)) continue;
      for (const [call, subject] of this.#calls) {
        if (subject === error.subject && !call.hasHead) {
          call.fail(permissionFailure(error, error.operation));
        }
      }
    }
  }
}
