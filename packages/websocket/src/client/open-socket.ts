import { createSecureContext, type SecureContext } from 'node:tls';
import {
  type CallContext,
  ConfigurationError,
  raiseForStatus,
  type Send,
  type TransportRequest,
} from '@linkspan/core';
import { authenticate, prepareTls, resolveUrl, type TlsConnectOptions } from '@linkspan/core/wire';
import type { ConnectionSettings } from '../connect/connection-options.ts';
import { Handshake, type OpenedUpgrade, type UpgradeResponse } from '../connect/handshake.ts';
import { handshakeFailure } from '../errors.ts';
import type { WebSocketUrl } from './connect-web-socket.ts';
import type { ConnectionOpener } from './dialer.ts';

/** Opens the connections of a client, one after another. */
export class SocketOpener implements ConnectionOpener {
  readonly #url: string | Exclude<WebSocketUrl, string | URL>;
  readonly #settings: ConnectionSettings;
  readonly #tls: TlsConnectOptions<SecureContext>;
  readonly #send: Send;

  /** @throws ConfigurationError when the URL or the TLS settings make no sense. */
  constructor(url: WebSocketUrl, settings: ConnectionSettings) {
    this.#url = typeof url === 'function' ? url : readUrl(url);
    this.#settings = settings;
    this.#tls = prepareTls(settings.tls, createSecureContext as never);
    const { auth } = settings;
    const upgrade: Send = (request, context) => {
      const target = new URL(request.target);
      return new Handshake(target, request, context, this.#settings, this.#tls).run();
    };
    this.#send = auth === undefined ? upgrade : authenticate(auth)(upgrade);
  }

  /** @throws ConfigurationError when there is no URL to connect to; what the caller's function throws. */
  async request(): Promise<TransportRequest> {
    const target = typeof this.#url === 'function' ? readUrl(await this.#url()) : this.#url;
    return { operation: 'CONNECT', target };
  }

  /** @throws StatusError and other failures; `signal.reason`. */
  open(request: TransportRequest, context: CallContext): Promise<OpenedUpgrade> {
    return openWebSocket(this.#send, request, context, new URL(request.target).origin);
  }
}

/**
 * Sends an upgrade that has to be agreed to.
 *
 * @param peer stands in messages: `wss://api.example.com`
 * @throws StatusError and other failures; `signal.reason`.
 */
export async function openWebSocket(
  send: Send,
  request: TransportRequest,
  context: CallContext,
  peer: string,
): Promise<OpenedUpgrade> {
  const response = (await raiseForStatus(send)(request, context)) as UpgradeResponse;
  if (response.opened !== undefined) return response as OpenedUpgrade;
  await response.body.cancel();
  throw handshakeFailure(peer, `expected status 101, found ${response.status}`);
}

/** @throws ConfigurationError when it is not an absolute ws or wss URL. */
function readUrl(url: string | URL): string {
  if (typeof url === 'string' || url instanceof URL) {
    return resolveUrl(String(url), undefined, ['ws', 'wss']);
  }
  const message = `expected a ws or wss URL, found ${url === null ? 'null' : typeof url}`;
  throw new ConfigurationError(`Cannot open the WebSocket: url: ${message}`, {
    issues: [{ option: 'url', message }],
  });
}
