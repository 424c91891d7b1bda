import type { Send } from '../transport.ts';

/**
 * A layer around sending: it may look at a call, change it, send it more than once, or not at all.
 *
 * ```ts
 * const logged: Middleware = (next) => async (request, context) => {
 *   const response = await next(request, context);
 *   console.log(request.operation, request.target, response.status);
 *   return response;
 * };
 * ```
 */
export type Middleware = (next: Send) => Send;

/** Puts layers around a `send`. The first in the list is the outermost: it sees the call first. */
export function applyMiddleware(send: Send, middleware: readonly Middleware[]): Send {
  return middleware.reduceRight((next, layer) => layer(next), send);
}
