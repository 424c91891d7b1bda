import type { Middleware } from '@linkspan/core';

/** The header in which the peer of the kit is told how many messages make the request. */
export const MESSAGES = 'x-messages';

/**
 * A WebSocket has no word for "that was the whole request": each protocol above it has its own. This
 * is that of the kit's peer, which has to know when it may send an echo.
 */
export const tellMessages: Middleware = (next) => (request, context) => {
  const { kind } = request.payload ?? {};
  const messages =
    kind === undefined ? 'none' : kind === 'value' || kind === 'bytes' ? 'one' : 'until-close';
  return next({ ...request, headers: { ...request.headers, [MESSAGES]: messages } }, context);
};
