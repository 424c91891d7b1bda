import { type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { ConnectionError } from '@linkspan/core';
import { ConnectFault, type ProxyServer } from '@linkspan/core/wire';

/**
 * Asks a proxy for a tunnel (CONNECT, RFC 9110 section 9.3.6) to `authority`, a host and port. Gives
 * back what stops the attempt; the callback is not called then.
 */
export function openTunnel(
  proxy: ProxyServer,
  authority: string,
  options: object,
  callback: (error: Error | undefined, socket?: Socket) => void,
): () => void {
  const isSecure = proxy.protocol === 'https:';
  let isOver = false;
  const request = (isSecure ? requestHttps : requestHttp)({
    ...(options as RequestOptions),
    host: proxy.hostname,
    port: proxy.port,
    agent: false,
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      ...(proxy.authorization && { 'proxy-authorization': proxy.authorization.reveal() }),
    },
  });
  const fail = (error: Error): void => {
    request.destroy();
    if (isOver) return;
    isOver = true;
    callback(error);
  };
  request.once('connect', ({ statusCode = 0 }, socket, head) => {
    if (isOver || statusCode < 200 || statusCode > 299) {
      socket.destroy();
      fail(refusedTunnel(proxy, statusCode));
      return;
    }
    isOver = true;
    if (head.length > 0) socket.unshift(head);
    callback(undefined, socket);
  });
  request.once('response', ({ statusCode = 0 }) => fail(refusedTunnel(proxy, statusCode)));
  request.on('error', (error) => fail(failedTunnel(proxy, error)));
  request.end();
  return () => {
    isOver = true;
    request.destroy();
  };
}

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
