import { joinBytes } from '../client/rechunker.ts';
import { readRequestId, statusError } from '../errors/status-to-error.ts';
import type { StatusError } from '../errors/status-error.ts';
import { requestSecrets } from '../secrets/request-secrets.ts';
import type { Send, TransportRequest, TransportResponse, CallContext } from '../transport.ts';

/** How much of a refused answer's body is read, to find out what the peer says. */
const LONGEST_READ = 64 * 1024;

/**
 * Turns answers whose status `context.acceptStatus` refuses into a `StatusError`. It reads at most
 * 64 KiB of their body, within the clocks of the call, and frees the wire. A body that breaks on the
 * way does not hide the status.
 */
export function raiseForStatus(next: Send): Send {
  return async (request, context) => {
    const response = await next(request, context);
    const { status } = response;
    if (status === undefined || context.acceptStatus(status)) return response;
    throw await readStatusError(status, response, request, context);
  };
}

async function readStatusError(
  status: number,
  response: TransportResponse,
  request: TransportRequest,
  context: CallContext,
): Promise<StatusError> {
  const body = await readStart(response);
  if (context.signal?.aborted === true) throw context.signal.reason;
  return statusError({
    status,
    headers: response.headers,
    body,
    requestId: readRequestId(response.headers),
    secrets: [...requestSecrets(request), ...(response.secrets ?? [])],
  });
}

async function readStart({ body }: TransportResponse): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      const part = chunk.subarray(0, LONGEST_READ - length);
      parts.push(part);
      length += part.length;
      if (length === LONGEST_READ) break;
    }
  } catch {
    // The status says more than the body that broke.
  }
  return joinBytes(parts);
}
