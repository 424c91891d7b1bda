import { applyMiddleware, type Middleware, type Transport } from '@linkspan/core';

/**
 * A transport whose calls go through layers first, the first of them outermost: what is in front of
 * a transport has to keep its promises as well, and is proven by the same cases.
 *
 * ```ts
 * const transport = withMiddleware(httpTransport(), [retry(), myMiddleware]);
 * ```
 */
export function withMiddleware<Init>(
  transport: Transport<Uint8Array, Init>,
  middleware: readonly Middleware[],
): Transport<Uint8Array, Init> {
  const { name, capabilities } = transport;
  const prepare = transport.prepare?.bind(transport);
  const probe = transport.probe?.bind(transport);
  return {
    name,
    capabilities,
    connect: (context) => transport.connect(context),
    send: applyMiddleware(transport.send, middleware),
    ...(prepare !== undefined && { prepare }),
    ...(probe !== undefined && { probe }),
    close: (options) => transport.close(options),
    [Symbol.asyncDispose]: async () => {
      await transport[Symbol.asyncDispose]();
    },
  };
}
