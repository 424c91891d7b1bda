import { attemptTimeoutError } from '../authoring/call-timeout.ts';
import { HeadRace } from '../authoring/head-race.ts';
import { TimeoutError } from '../errors/local-errors.ts';
import { waitSignal } from '../middleware/wait-signal.ts';
import type { CallContext, Transport, TransportRequest, TransportResponse } from '../transport.ts';

/**
 * Connects a transport before its first call: calls that come at the same time wait for the same
 * connect, each no longer than its own clocks and signal allow. A connect that fails fails the calls
 * that wait for it, and the next call tries again.
 */
export class ConnectFirst {
  readonly #transport: Transport;
  #isConnected = false;
  #connecting: Promise<void> | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  connect(): Promise<void> {
    if (this.#isConnected) return Promise.resolve();
    if (this.#connecting === undefined) {
      this.#connecting = this.#connect();
      // Those who wait for it may all leave before it fails.
      this.#connecting.catch(() => {});
    }
    return this.#connecting;
  }

  send(request: TransportRequest, context: CallContext): Promise<TransportResponse> {
    return this.#isConnected
      ? this.#transport.send(request, context)
      : this.#connectAndSend(request, context);
  }

  async #connect(): Promise<void> {
    try {
      await this.#transport.connect();
      this.#isConnected = true;
    } finally {
      this.#connecting = undefined;
    }
  }

  async #connectAndSend(
    request: TransportRequest,
    context: CallContext,
  ): Promise<TransportResponse> {
    const { call, deadline } = context;
    const startedAt = deadline.clock.now();
    if (call !== undefined) call.phase = 'connect';
    // The connect is not the call's own: a client that closes ends the wait, not the transport.
    const wait = { ...context, signal: waitSignal(context) };
    await new HeadRace<void>(wait, { phase: 'connect', sent: 'no' }).run(() => this.connect());
    if (call !== undefined) call.phase = 'headers';
    const attemptMs = Math.max(0, context.attemptMs - (deadline.clock.now() - startedAt));
    try {
      return await this.#transport.send(request, { ...context, attemptMs });
    } catch (error) {
      if (!(error instanceof TimeoutError) || error.clock !== 'attemptMs') throw error;
      // The transport knows what connecting had left of the limit, and not the limit.
      throw attemptTimeoutError(context, {
        phase: error.phase ?? 'headers',
        sent: error.sent,
        startedAt,
      });
    }
  }
}
