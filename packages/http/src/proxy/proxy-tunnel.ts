import type { Socket } from 'node:net';
import { ConnectionError } from '@linkspan/core';
import type { buildConnector, Dispatcher } from 'undici';
import { ConnectFault, type ProxyServer } from '@linkspan/core/wire';
import { Client } from '../pool/undici-parts.ts';

/**
 * Asks a proxy for a tunnel (CONNECT) to `authority`, a host and port. Gives back what stops the
 * attempt; the callback is not called then.
 */
export function openTunnel(
  proxy: ProxyServer,
  authority: string,
  connect: buildConnector.connector,
  callback: (error: Error, socket?: Socket) => void,
): () => void {
  const client = new Client(proxy.origin, { connect, headersTimeout: 0, bodyTimeout: 0 });
  let isOver = false;
  const finish = (error: Error, socket?: Socket): void => {
    // The tunnel itself is no longer the client's when it is there.
    void client.destroy();
    if (isOver) {
      socket?.destroy();
      return;
    }
    isOver = true;
    callback(error, socket);
  };
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart() {},
    onRequestUpgrade(_controller, status, _headers, socket) {
      if (status >= 200 && status < 300) {
        finish(unused, socket as Socket);
      } else {
        socket.destroy();
        finish(refusedTunnel(proxy, status));
      }
    },
    onResponseError(_controller, error) {
      finish(failedTunnel(proxy, error));
    },
  };
  // Without its name the certificate of the proxy would be checked for the host behind it.
  const options: Dispatcher.DispatchOptions & { readonly servername: string } = {
    method: 'CONNECT',
    path: authority,
    servername: proxy.hostname,
    headers: {
      host: authority,
      ...(proxy.authorization === undefined
        ? undefined
        : { 'proxy-authorization': proxy.authorization.reveal() }),
    },
  };
  client.dispatch(options, handler);
  return () => {
    isOver = true;
    void client.destroy();
  };
}

const unused = new Error('There is no error');

/** 407 asks for credentials, and a proxy that is overloaded answers 5xx. */
function refusedTunnel({ origin }: ProxyServer, status: number): ConnectFault {
  return new ConnectFault(
    () =>
      new ConnectionError(
        status === 407
          ? `Cannot connect through the proxy ${origin}: it wants other credentials (407)`
          : `Cannot connect through the proxy ${origin}: it answered ${status} to CONNECT`,
        {
          code: status === 407 ? 'proxy_authentication' : 'proxy',
          retryable: status >= 500 ? 'yes' : 'no',
        },
      ),
  );
}

function failedTunnel({ origin }: ProxyServer, cause: Error): ConnectFault {
  if (cause instanceof ConnectFault) return cause;
  return new ConnectFault(
    () =>
      new ConnectionError(`Cannot connect through the proxy ${origin}: it cannot be reached`, {
        code: 'proxy',
        cause,
      }),
  );
}
