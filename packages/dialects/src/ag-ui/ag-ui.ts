import type { Dialect } from '@linkspan/core';
import { createLenientSseDecoder, type SseEvent } from '../framing/sse-decoder.ts';
import { bodyError } from '../model/reported-error.ts';
import type { AgUiEvent } from './ag-ui-event.ts';
import { AgUiReader, type AgUiResult } from './ag-ui-reader.ts';

/**
 * AG-UI over server-sent events, 1.0 and before. Its events are those of the protocol.
 *
 * - `RUN_FINISHED` ends the stream, also when the socket stays open; a `RUN_ERROR` behind it, which 1.0
 *   allows, is not read. What it says of how the run ended is the finish reason: `'interrupt'` when
 *   it waits for an answer, else `'RUN_FINISHED'`.
 * - A run that the server cancelled, where it says so as 1.0 has it, leaves the stream incomplete: the
 *   error is a `StreamIncompleteError` of the code `'aborted'`. Servers before 1.0, pydantic-ai 2.9
 *   among them, end a cancelled run with a bare `RUN_FINISHED`: nobody can tell it from success.
 * - `RUN_ERROR` fails the stream, by its code. `SUBAGENT_ERROR` does not: the run may go on.
 * - A server may repeat the runs of the thread before the one that was asked for. `RUN_FINISHED` of a
 *   run that is not named as the `runId` of the request does not end the stream: it may end there, and
 *   goes on with the next `RUN_STARTED`, from which `result()` begins anew.
 * - `result()` has the texts of all messages of the run, in the order in which they began, and its
 *   tool calls. `MESSAGES_SNAPSHOT` tells of the thread, not of this answer: it stays an event, as do
 *   states, activities and the results of tools.
 * - An event that is not JSON, has no `type`, or lacks its delta fails the stream: what was lost with
 *   it is missing from the rest. So does a chunk that names no message when none is open. Events of
 *   unknown types are passed on.
 * - The binary form, `application/vnd.ag-ui.event+proto`, is not asked for, and refused.
 *
 * @see https://ag-ui.com/spec
 */
export const agUi: Dialect<AgUiEvent, AgUiResult, SseEvent> = {
  name: 'ag-ui',
  accept: 'text/event-stream',
  contentTypes: ['text/event-stream'],
  // A server or proxy that leaves out the last blank line has still said what it had to say.
  decode: createLenientSseDecoder,
  read: (head) => new AgUiReader(head),
  classifyError: bodyError,
};
