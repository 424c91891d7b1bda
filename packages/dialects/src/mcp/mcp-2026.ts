import type { Dialect } from '@linkspan/core';
import type { SseEvent } from '../framing/sse-decoder.ts';
import { createSseOrJsonDecoder } from '../framing/sse-or-json-decoder.ts';
import { mcp2026Headers } from './mcp-2026-headers.ts';
import { bodyError } from '../model/reported-error.ts';
import type { McpEvent, McpResult } from './mcp-event.ts';
import { McpReader } from './mcp-reader.ts';

/**
 * The Model Context Protocol over Streamable HTTP, revision 2026-07-28
 * (https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http).
 *
 * - The events are the server's messages: notifications, then the response, at which the stream is
 *   complete. A response to somebody else ends nothing.
 * - The finish reason is the `resultType`. With `'input_required'` the server wants to know
 *   something: the result says what, and the call is sent again with a new id.
 * - The answer to a request may be one JSON document: it is read as a stream of one event.
 * - An error response fails the stream, by its code. A tool that fails does not: `result()` says
 *   `isError`.
 * - A message that cannot be read is handed over as a `MalformedEvent`, and the stream goes on: one
 *   notification that is lost harms nobody, and without its response the stream is never complete.
 * - Only what moves the work on rewinds the event clock: not lines for the log.
 * - Leaving a stream cancels its request: that is the signal. So a stream that broke is lost, and
 *   cannot be resumed: the call is sent again with a new id, if it may be done twice.
 *
 * The version, `mcp-method` and `mcp-name` are put into the headers, as the revision demands. What a
 * tool's schema wants mirrored (`mcp-param-…`) is the caller's to add.
 */
export const mcp2026: Dialect<McpEvent, McpResult, SseEvent> = {
  name: 'mcp-2026',
  accept: 'application/json, text/event-stream',
  contentTypes: ['text/event-stream', 'application/json'],
  headers: mcp2026Headers,
  decode: createSseOrJsonDecoder,
  read: (head) => new McpReader(head, 'complete'),
  classifyError: bodyError,
};
