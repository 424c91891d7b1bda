import {
  type LinkspanError,
  ProtocolError,
  readRequestId,
  type StatusError,
  type StreamHead,
  StreamIncompleteError,
} from '@linkspan/core';
import { type JsonRpcErrorCodes, jsonRpcFailure } from '../json-rpc/json-rpc-failure.ts';
import { reportedError } from '../model/reported-error.ts';

/** Section 5.4 of the specification. */
const CODES: JsonRpcErrorCodes = {
  [-32001]: ['TaskNotFoundError', 404],
  [-32002]: ['TaskNotCancelableError', 400],
  [-32003]: ['PushNotificationNotSupportedError', 400],
  [-32004]: ['UnsupportedOperationError', 400],
  [-32005]: ['ContentTypeNotSupportedError', 400],
  [-32006]: ['InvalidAgentResponseError', 500],
  [-32007]: ['ExtendedAgentCardNotConfiguredError', 400],
  [-32008]: ['ExtensionSupportRequiredError', 400],
  [-32009]: ['VersionNotSupportedError', 400],
};

/** The failure that an error in a stream stands for, in either binding. */
export function a2aFailure(error: unknown, head: StreamHead): StatusError {
  return jsonRpcFailure(error, CODES, head);
}

/** The failure of a task that ended in such a state, with what the agent says about it. */
export function taskFailure(
  state: unknown,
  message: string,
  head: StreamHead,
): LinkspanError | undefined {
  if (state === 'TASK_STATE_FAILED') return reportedError({ type: state, message }, head, 500);
  if (state === 'TASK_STATE_REJECTED') return reportedError({ type: state, message }, head, 400);
  if (state !== 'TASK_STATE_CANCELED') return undefined;
  return new StreamIncompleteError('Cannot complete the a2a stream: the task was cancelled', {
    code: 'aborted',
    requestId: readRequestId(head.headers),
  });
}

/** The failure of a stream in the form that A2A had before 1.0. */
export function olderVersion(found: string): ProtocolError {
  return new ProtocolError(
    `Cannot read the a2a stream: expected A2A 1.0, found ${found} of A2A 0.3; the agent may not know the header a2a-version`,
    { code: 'a2a_version', phase: 'body' },
  );
}
