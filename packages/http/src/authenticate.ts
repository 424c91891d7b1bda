import {
  AuthenticationError,
  type CallContext,
  isReplayable,
  type Send,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import type { Credentials } from './credentials.ts';
import { waitWithin } from './wait-within.ts';

/**
 * Signs every attempt with the credentials. It stands next to the transport, so that no other layer
 * sees them. After a 401 the credentials are refreshed, by one call for all, and the request is sent
 * once more: a 401 says that nothing was done. A request whose body cannot be sent again fails with
 * the 401; the next one finds the fresh credentials.
 */
export function authenticate(credentials: Credentials): (next: Send) => Send {
  return (next) => async (request, context) => {
    if (credentials.areOwnOf(request)) return await next(request, context);
    const signed = await sign(request, context, credentials);
    const { version } = credentials;
    const answer = next(signed, context);
    if (!credentials.canRefresh || !(await isRefused(answer))) return await answer;

    try {
      if (credentials.version === version) await waitWithin(credentials.refresh(), context);
    } catch (error) {
      await discard(answer);
      throw error;
    }
    if (!isReplayable(request.payload)) return await answer;
    await discard(answer);
    return await next(await sign(request, context, credentials), context);
  };
}

async function sign(
  request: TransportRequest,
  context: CallContext,
  credentials: Credentials,
): Promise<TransportRequest> {
  const headers = credentials.headersFor(request);
  const own = headers instanceof Promise ? await waitWithin(headers, context) : headers;
  return { ...request, headers: { ...own, ...request.headers } };
}

/** Whether the peer refused the credentials, be the 401 a failure or, where it is accepted, not. */
async function isRefused(answer: Promise<TransportResponse>): Promise<boolean> {
  try {
    return (await answer).status === 401;
  } catch (error) {
    return error instanceof AuthenticationError && error.status === 401;
  }
}

/** Frees the wire of an answer that nobody will read. */
async function discard(answer: Promise<TransportResponse>): Promise<void> {
  await answer.then(
    (response) => response.body.cancel(),
    () => undefined,
  );
}
