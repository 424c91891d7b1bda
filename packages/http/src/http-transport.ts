import {
  type CallContext,
  type Capabilities,
  ClosedError,
  ConfigurationError,
  deadlineError,
  parseSettings,
  type Secret,
  secretValues,
  type Send,
  statusError,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import { decodeResponse } from './call/decompress.ts';
import { DispatchCall } from './call/dispatch-call.ts';
import {
  type HttpTransportOptions,
  type HttpTransportSettings,
  httpTransportSettings,
} from './options.ts';
import type { PoolStats } from './pool/origin-pool.ts';
import { OriginPools } from './pool/origin-pools.ts';
import { followRedirects, mayFollow, type SendTo } from './call/redirect.ts';
import { type HttpRequestInit, prepareHttpRequest } from './request/request-init.ts';
import { USER_AGENT } from './user-agent.ts';
import {
  forwardThrough,
  TargetReader,
  type WireRequest,
  writeRequest,
} from './call/wire-request.ts';

/** The transport for HTTP, with what only it can tell and do. */
export interface HttpTransport extends Transport<Uint8Array, HttpRequestInit> {
  prepare(init: HttpRequestInit): TransportRequest;
  probe(context: CallContext): Promise<void>;
  /** The state of the pool of every origin that was talked to. */
  stats(): readonly PoolStats[];
  /**
   * Changes how many connections there may be to one origin, or to each. Connections above the
   * limit close when their calls are over.
   *
   * @throws ConfigurationError when it is not an integer of 1 or more.
   */
  resize(connections: number, origin?: string): void;
}

/**
 * A transport for HTTP/1.1, and HTTP/2 on request, with a pool of connections for each origin.
 *
 * @throws ConfigurationError with every option that is wrong.
 */
export function httpTransport(options: HttpTransportOptions = {}): HttpTransport {
  return createHttpTransport(parseSettings('httpTransport()', httpTransportSettings, options));
}

/** A transport of settings that are checked already. */
export function createHttpTransport(settings: HttpTransportSettings): HttpTransport {
  return new UndiciTransport(settings);
}

class UndiciTransport implements HttpTransport {
  readonly name = 'http';
  readonly capabilities: Capabilities = {
    streaming: true,
    upload: true,
    duplex: false,
    status: true,
  };
  readonly #settings: HttpTransportSettings;
  readonly #pools: OriginPools;
  readonly #targets: TargetReader;
  readonly #defaultHeaders: readonly string[];
  #inFlight = 0;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(settings: HttpTransportSettings) {
    this.#settings = settings;
    this.#targets = new TargetReader(settings.baseUrl);
    this.#pools = new OriginPools(settings, () => {
      this.#inFlight--;
      if (this.#inFlight === 0) this.#onIdle?.();
    });
    this.#defaultHeaders = [
      'user-agent',
      settings.userAgent ?? USER_AGENT,
      ...(settings.decompress ? ['accept-encoding', 'gzip, deflate, br, zstd'] : []),
    ];
  }

  prepare(init: HttpRequestInit): TransportRequest {
    return prepareHttpRequest(init, this.#settings.baseUrl);
  }

  readonly send: Send = (request, context) => this.#send(request, context, this.#sendOnce);

  #send(
    request: TransportRequest,
    context: CallContext,
    sendOnce: SendTo,
  ): Promise<TransportResponse> {
    try {
      if (this.#closing !== undefined) throw this.#closed();
      const target = this.#targets.read(request.target);
      const { redirect } = this.#settings;
      if (redirect !== false && mayFollow(request, context, redirect)) {
        return followRedirects(request, target, context, redirect, sendOnce);
      }
      return sendOnce(request, target, context);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async connect(context?: CallContext): Promise<void> {
    if (this.#closing !== undefined) throw this.#closed();
    const { baseUrl } = this.#settings;
    if (baseUrl !== undefined) await this.#pools.get(baseUrl.origin).connect(context?.signal);
  }

  async probe(context: CallContext): Promise<void> {
    const { baseUrl } = this.#settings;
    if (baseUrl === undefined) {
      throw new ConfigurationError('Cannot probe: the transport has no baseUrl');
    }
    const request = { operation: 'HEAD', target: baseUrl.resolve('') };
    const { status = 0, headers, body } = await this.#send(request, context, this.#sendProbe);
    await body.cancel();
    if (status >= 500) throw statusError({ status, headers });
  }

  stats(): readonly PoolStats[] {
    return this.#pools.stats;
  }

  resize(connections: number, origin?: string): void {
    if (!Number.isSafeInteger(connections) || connections < 1) {
      const message = `expected an integer of 1 or more, found ${String(connections)}`;
      throw new ConfigurationError(`Cannot resize the pool: connections: ${message}`, {
        issues: [{ option: 'connections', message }],
      });
    }
    this.#pools.resize(connections, origin);
  }

  close(options?: { readonly drainMs?: number }): Promise<void> {
    this.#closing ??= this.#close(options?.drainMs ?? 0);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #sendOnce = (
    request: TransportRequest,
    target: readonly [origin: string, path: string],
    context: CallContext,
    reset?: false,
  ): Promise<TransportResponse> => {
    const { signal } = context;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    const pool = this.#pools.get(target[0]);
    let wire: WireRequest = writeRequest(request, target, this.#defaultHeaders);
    if (pool.forwardProxy !== undefined) wire = forwardThrough(pool.forwardProxy, wire);
    if (reset === false) wire = { ...wire, reset };
    if (context.deadline.expired) {
      const peer = wire.origin;
      return Promise.reject(deadlineError(context, { phase: 'queue', sent: 'no', peer }));
    }
    const call = new DispatchCall(
      wire,
      context,
      pool,
      this.#settings.decompress ? decodeResponse : undefined,
    );
    this.#inFlight++;
    const response = call.begin();
    pool.send(call);
    return withSecret(response, pool.forwardProxy?.authorization);
  };

  /** A sign of life every few seconds must not cost the pool a connection each time. */
  readonly #sendProbe: SendTo = (request, target, context) =>
    this.#sendOnce(request, target, context, false);

  async #close(drainMs: number): Promise<void> {
    if (this.#inFlight > 0 && drainMs > 0) await this.#drained(drainMs);
    await this.#pools.close();
  }

  #drained(drainMs: number): Promise<void> {
    return new Promise((resolve) => {
      const { clock } = this.#settings;
      const timer = drainMs === Infinity ? undefined : clock.setTimeout(resolve, drainMs);
      this.#onIdle = () => {
        if (timer !== undefined) clock.clearTimeout(timer);
        resolve();
      };
    });
  }

  #closed(): ClosedError {
    return new ClosedError('Cannot send the request: the transport is closed');
  }
}

/** What the proxy was told beside the request: it may repeat it, no error may. */
function withSecret(
  answered: Promise<TransportResponse>,
  authorization: Secret | undefined,
): Promise<TransportResponse> {
  if (authorization === undefined) return answered;
  return answered.then((response) => ({
    ...response,
    secrets: secretValues({ 'proxy-authorization': authorization.reveal() }),
  }));
}
