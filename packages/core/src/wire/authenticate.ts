import type { Middleware } from '../middleware/middleware.ts';
import { isReplayable } from '../payload.ts';
import type { CallContext, TransportRequest } from '../transport.ts';
import type { Credentials } from './credentials.ts';
import { hideCredentials } from './hide-credentials.ts';
import { waitWithin } from '../middleware/wait-within.ts';

/**
 * Signs every attempt. After a 401 the credentials are refreshed, by one call for all, and the
 * request is sent once more: a 401 says that nothing was done. A request whose body cannot be sent
 * again keeps its 401; the next one finds the fresh credentials.
 */
export function authenticate(credentials: Credentials): Middleware {
  return (next) => async (request, context) => {
    if (credentials.areOwnOf(request)) return await next(request, context);
    const headers = await headersFor(request, context, credentials);
    const { version } = credentials;
    const answer = await next(withHeaders(request, headers), context);
    if (answer.status !== 401 || !credentials.canRefresh) {
      return await hideCredentials(answer, headers, context);
    }

    try {
      if (credentials.version === version) await waitWithin(credentials.refresh(), context);
    } catch (error) {
      await answer.body.cancel();
      throw error;
    }
    if (!isReplayable(request.payload)) return await hideCredentials(answer, headers, context);
    await answer.body.cancel();
    const fresh = await headersFor(request, context, credentials);
    return await hideCredentials(await next(withHeaders(request, fresh), context), fresh, context);
  };
}

async function headersFor(
  request: TransportRequest,
  context: CallContext,
  credentials: Credentials,
): Promise<Readonly<Record<string, string>>> {
  const headers = credentials.headersFor(request);
  return headers instanceof Promise ? await waitWithin(headers, context) : headers;
}

/** What the request sets itself stays. */
function withHeaders(
  request: TransportRequest,
  headers: Readonly<Record<string, string>>,
): TransportRequest {
  return { ...request, headers: { ...headers, ...request.headers } };
}
