import type { Dialect, ResponseHeaders, StreamPlace } from '@linkspan/core';
import { resumeByLastEventId } from '../framing/resume-by-last-event-id.ts';
import type { SseEvent } from '../framing/sse-decoder.ts';
import { createSseOrJsonDecoder } from '../framing/sse-or-json-decoder.ts';
import { isJsonRpcRequest } from '../json-rpc/json-rpc-message.ts';
import { bodyError } from '../model/reported-error.ts';
import type { McpEvent, McpResult } from './mcp-event.ts';
import { McpReader } from './mcp-reader.ts';
import { postJson } from '../request/post-json.ts';
import { readPayload } from '../request/read-payload.ts';
import { withoutPayloadHeaders } from '../request/without-payload-headers.ts';

const SESSION = 'mcp-session-id';

/**
 * The Model Context Protocol over Streamable HTTP, revisions 2025-03-26 to 2025-11-25
 * (https://modelcontextprotocol.io/specification/2025-11-25/basic/transports).
 *
 * - The events are the server's messages. A stream that was opened by a request is complete at the
 *   response with its id; before it, the server may notify, and send requests of its own, which
 *   the caller answers with a POST. A response to somebody else ends nothing.
 * - The answer to a request may be one JSON document: it is read as a stream of one event.
 * - An error response fails the stream, by its code. A tool that fails does not: `result()` says
 *   `isError`.
 * - A message that cannot be read is handed over as a `MalformedEvent`, and the stream goes on: one
 *   notification that is lost harms nobody, and without its response the stream is never complete.
 * - Only what moves the work on rewinds the event clock: not `ping`, nor lines for the log.
 * - The server may close the connection when it likes. The stream is then incomplete, and can be
 *   resumed by a GET with `last-event-id`, in the same session, where its events have ids.
 * - Leaving a stream cancels nothing: cancelling sends `notifications/cancelled`.
 *
 * The version that was negotiated, `mcp-protocol-version`, is the caller's to send. Notifications
 * and responses are answered with 202 and no body: they are for `client.request()`.
 */
export const mcp2025: Dialect<McpEvent, McpResult, SseEvent> = {
  name: 'mcp-2025',
  accept: 'application/json, text/event-stream',
  contentTypes: ['text/event-stream', 'application/json'],
  decode: createSseOrJsonDecoder,
  read: (head) => new McpReader(head, 'response'),
  classifyError: bodyError,
  resume: {
    sends: 'rest',
    ids: 'opaque',
    request: (place) =>
      resumeByLastEventId(place, { ...sessionOf(place), accept: 'text/event-stream' }),
  },
  cancel(place) {
    const call = readPayload(place.request);
    if (!isJsonRpcRequest(call)) return undefined;
    // The specification forbids the one, and cancels the other with `tasks/cancel`.
    if (call.method === 'initialize' || call.params?.['task'] !== undefined) return undefined;
    const headers = { ...withoutPayloadHeaders(place.request.headers), ...sessionOf(place) };
    return postJson(place.request.target, headers, {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: call.id },
    });
  },
};

/** The session, which the answer to `initialize` begins and every later request names. */
function sessionOf({ request, headers }: StreamPlace): Readonly<Record<string, string>> {
  const session = request.headers?.[SESSION] ?? first(headers[SESSION]);
  return session !== undefined && /^[\x21-\x7e]+$/.test(session) ? { [SESSION]: session } : {};
}

function first(value: ResponseHeaders[string]): string | undefined {
  return typeof value === 'object' ? value[0] : value;
}
