import { createSecureContext, type SecureContext } from 'node:tls';
import {
  type Body,
  type CallContext,
  type Capabilities,
  ClosedError,
  ConfigurationError,
  createBody,
  type FailableBody,
  type HeadRace,
  OpenCalls,
  parseSettings,
  type Send,
  statusError,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import { authenticate, prepareTls, resolveUrl, type TlsConnectOptions } from '@linkspan/core/wire';
import {
  Handshake,
  type OpenSocket,
  type OpenedUpgrade,
  type UpgradeResponse,
} from './connect/handshake.ts';
import { withOwnBudget } from './client/with-own-budget.ts';
import { handshakeFailure } from './errors.ts';
import {
  type WebSocketTransportOptions,
  type WebSocketTransportSettings,
  webSocketTransportSettings,
} from './options.ts';
import { offerSessionOn, SessionCall } from './session/session-call.ts';
import { asUnsupported, isUnsupported } from './session/session-dialer.ts';
import type { SessionClientSettings } from './session/session-options.ts';
import { readSubprotocol } from './session/session-subprotocol.ts';
import { Inbox, type WireMessage } from './wire/inbox.ts';
import { PayloadPump } from './wire/payload-pump.ts';
import { SocketLink } from './wire/socket-link.ts';

/** The transport for WebSockets: each call is a connection of its own. */
export interface WebSocketTransport extends Transport<WireMessage> {
  probe(context: CallContext): Promise<void>;
}

/**
 * A transport for WebSockets (RFC 6455), one for each call. `send` resolves when the WebSocket is
 * open, with status 101 and the headers of the upgrade; the body is the messages of the peer, text as
 * strings and binary ones as `Uint8Array`, and it ends with the peer's code and reason.
 *
 * The payload is sent meanwhile: a value or bytes as one message, a stream as a message for each of
 * its items, and its end closes our side. Text is sent as text, bytes as binary, other values as JSON.
 *
 * With `session`, a call outlives its connections: `send` resolves when the peer has agreed to the
 * session, and a connection that breaks behind that is made again, with the headers of the request.
 * What cannot be gone on with fails the body with a `SessionLostError`.
 *
 * An answer that refuses the upgrade is an answer like any other, with its status, headers and body:
 * a client makes a `StatusError` of it. One below 400 to a payload that is a stream is a
 * `ProtocolError`, because nobody listens to it.
 *
 * @throws ConfigurationError with every option that is wrong.
 */
export function webSocketTransport(options: WebSocketTransportOptions = {}): WebSocketTransport {
  const settings = parseSettings('webSocketTransport()', webSocketTransportSettings, options);
  const { session, reconnect, clock } = settings;
  if (session === false && options.reconnect !== undefined) throw withoutSession();
  return new WsTransport({ ...settings, reconnect: withOwnBudget(reconnect, clock) });
}

type OpenCall = Pick<HeadRace<unknown> | FailableBody, 'fail'>;

class WsTransport implements WebSocketTransport {
  readonly name = 'websocket';
  readonly capabilities: Capabilities = {
    streaming: true,
    upload: true,
    duplex: true,
    status: true,
  };
  readonly #settings: WebSocketTransportSettings;
  readonly #tls: TlsConnectOptions<SecureContext>;
  readonly #upgrade: Send;
  readonly #open = new OpenCalls<OpenCall>();
  #closing: Promise<void> | undefined;
  /** Whether calls are no longer waited for. */
  #isOver = false;

  constructor(settings: WebSocketTransportSettings) {
    this.#settings = settings;
    this.#tls = prepareTls(settings.tls, createSecureContext as never);
    const upgrade: Send = (request, context) => this.#shakeHands(request, context);
    this.#upgrade = settings.auth === undefined ? upgrade : authenticate(settings.auth)(upgrade);
  }

  async connect(): Promise<void> {
    if (this.#closing !== undefined) throw this.#closed();
  }

  readonly send: Send<WireMessage> = async (request, context) => {
    if (this.#closing !== undefined) throw this.#closed();
    // One that is between its head and its body is in flight, too.
    const call: OpenCall = { fail: () => {} };
    this.#open.add(call);
    try {
      const { session } = this.#settings;
      return session === false
        ? await this.#sendPlain(request, context)
        : await this.#sendInSession(request, context, session);
    } finally {
      this.#open.delete(call);
    }
  };

  async #sendPlain(
    request: TransportRequest,
    context: CallContext,
  ): Promise<TransportResponse<WireMessage>> {
    const response = (await this.#upgrade(upgradeOf(request), context)) as UpgradeResponse;
    return await this.#respond(response, request, ({ opened }) =>
      this.#converse(opened, request, context),
    );
  }

  async #sendInSession(
    request: TransportRequest,
    context: CallContext,
    session: SessionClientSettings,
  ): Promise<TransportResponse<WireMessage>> {
    const startedAt = context.deadline.clock.now();
    const target = this.#urlOf(request).href;
    const upgrade = offerSessionOn(
      { ...upgradeOf(request), target },
      this.#settings,
      session.orPlain,
    );
    this.#recordCall(upgrade, context);
    let response: UpgradeResponse;
    try {
      response = (await this.#upgrade(upgrade, context)) as UpgradeResponse;
    } catch (error) {
      const failure = asUnsupported(error);
      if (!session.orPlain || !isUnsupported(failure)) throw failure;
      return await this.#sendPlain(request, context);
    }
    return await this.#respond(response, request, async (upgraded) => {
      const { webSocket, peer } = upgraded.opened;
      if (!readSubprotocol(webSocket.protocol).isSession) {
        return this.#converse(upgraded.opened, request, context);
      }
      const facts = { send: this.#upgrade, upgrade, context, peer };
      const call = new SessionCall(this.#settings, session, facts);
      const open: OpenCall = { fail: () => call.fail(this.#closedMeanwhile('yes')) };
      this.#open.add(open);
      void call.over.then(() => this.#open.delete(open));
      await call.begin(upgraded, startedAt);
      return call.converse(request.payload);
    });
  }

  /** What the client has told the same budget, or tries again, is no new call. */
  #recordCall(upgrade: TransportRequest, { attempt, call }: CallContext): void {
    const { budget } = this.#settings.reconnect;
    if (budget === undefined || budget === false || attempt !== 1) return;
    if (call?.recordedBy !== budget) budget.record?.(upgrade);
  }

  async #respond(
    response: UpgradeResponse,
    request: TransportRequest,
    converse: (upgraded: OpenedUpgrade) => Body<WireMessage> | Promise<Body<WireMessage>>,
  ): Promise<TransportResponse<WireMessage>> {
    const { status, headers, opened } = response;
    if (this.#isOver) {
      opened?.socket.destroy();
      await response.body.cancel();
      throw this.#closedMeanwhile('maybe');
    }
    if (opened !== undefined) {
      return { status, headers, body: await converse({ ...response, opened }) };
    }
    this.#keep(response.body as FailableBody);
    const { kind } = request.payload ?? {};
    if (status < 400 && (kind === 'stream' || kind === 'factory')) {
      await response.body.cancel();
      throw handshakeFailure(this.#urlOf(request).origin, `expected status 101, found ${status}`);
    }
    return response;
  }

  async probe(context: CallContext): Promise<void> {
    const { baseUrl } = this.#settings;
    if (baseUrl === undefined) {
      throw new ConfigurationError('Cannot probe: the transport has no baseUrl');
    }
    const request = { operation: 'PROBE', target: '' };
    const { status = 0, headers, body } = await this.send(request, context);
    await body.cancel();
    if (status >= 500) throw statusError({ status, headers });
  }

  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.drainMs ?? 0);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #shakeHands(request: TransportRequest, context: CallContext): Promise<UpgradeResponse> {
    // Credentials may have taken their time.
    if (this.#isOver) throw this.#closed();
    const url = this.#urlOf(request);
    const handshake = new Handshake(url, request, context, this.#settings, this.#tls);
    const call: OpenCall = {
      fail: () => handshake.race.fail(this.#closedMeanwhile(handshake.sent)),
    };
    this.#open.add(call);
    try {
      return await handshake.run();
    } finally {
      this.#open.delete(call);
    }
  }

  #urlOf({ target }: TransportRequest): URL {
    return new URL(resolveUrl(target, this.#settings.baseUrl, ['ws', 'wss']));
  }

  #converse(
    opened: OpenSocket,
    { payload }: TransportRequest,
    context: CallContext,
  ): FailableBody<WireMessage> {
    const inbox = new Inbox<WireMessage>(
      (message) => message,
      () => {
        pump.stop();
        link.leave();
      },
    );
    const link = new SocketLink(opened, this.#settings, {
      message: (message) => inbox.push(message),
      writable: () => pump.resume(),
      ended: ({ code, reason, error }) => {
        pump.stop();
        if (error === undefined) inbox.end({ code, reason });
        else inbox.fail(error);
      },
    });
    const body = createBody<WireMessage>(inbox, context);
    const pump = new PayloadPump({
      get isWritable() {
        return link.isWritable;
      },
      send: (message) => link.send(message),
      payloadEnded: (reason) => link.close(reason),
      payloadFailed: (error) => {
        // The peer must not take what it has for the whole.
        link.terminate();
        body.fail(error);
      },
    });
    this.#keep(body);
    inbox.attach(link);
    void pump.start(payload);
    return body;
  }

  #keep(body: Pick<FailableBody<unknown>, 'fail' | 'onClose'>): void {
    const call: OpenCall = { fail: () => body.fail(this.#closedMeanwhile('yes')) };
    this.#open.add(call);
    body.onClose(() => this.#open.delete(call));
  }

  async #close(drainMs: number): Promise<void> {
    await this.#open.drained(drainMs, this.#settings.clock);
    this.#isOver = true;
    for (const call of this.#open) call.fail(undefined);
  }

  #closed(): ClosedError {
    return new ClosedError('Cannot send: the websocket transport is closed');
  }

  #closedMeanwhile(sent: 'no' | 'maybe' | 'yes'): ClosedError {
    return new ClosedError('Cannot finish the call: the websocket transport was closed', { sent });
  }
}

/** An upgrade carries no payload, and can be sent again whatever the payload is. */
function upgradeOf({ payload: _payload, ...upgrade }: TransportRequest): TransportRequest {
  return upgrade;
}

function withoutSession(): ConfigurationError {
  const message =
    'expected session as well: without one, a connection that breaks is not made again';
  return new ConfigurationError(`Cannot configure webSocketTransport(): reconnect: ${message}`, {
    issues: [{ option: 'reconnect', message }],
  });
}
