import { defineSettings, type Dialect, parseSettings, setting } from '@linkspan/core';
import type { SseEvent } from '../framing/sse-decoder.ts';
import { createSseOrJsonDecoder } from '../framing/sse-or-json-decoder.ts';
import { bodyError } from '../model/reported-error.ts';
import { A2aReader, type A2aResult, isOver } from './a2a-reader.ts';
import { insteadOfSubscribing, taskRequest } from './a2a-requests.ts';
import type { A2aStreamResponse } from './a2a-stream-response.ts';

/** How a task that is interrupted is to be understood. */
export interface A2aOptions {
  /**
   * What a stream does when its task requires input or authorisation. `'end'`: it is complete, and
   * the finish reason is that state; where authorisation is required, which may come another way, 5 s
   * are given for the task to go on. `'wait'`: it goes on until the task is over, for callers who
   * give what is required while the stream is open, or who subscribe to a task that was interrupted.
   *
   * @default 'end'
   */
  readonly interrupted?: 'end' | 'wait';
}

const settings = defineSettings({
  interrupted: setting.choice<'end' | 'wait', { readonly default: 'end'; readonly env: false }>(
    ['end', 'wait'],
    { default: 'end', env: false },
  ),
});

/**
 * Makes a dialect of the Agent2Agent protocol 1.0 (https://a2a-protocol.org/latest/specification),
 * in both of its bindings over HTTP: JSON-RPC, where each event is a whole response, and REST. Which
 * it is shows in the events.
 *
 * - A stream is complete at the message that is the whole answer, or at `TASK_STATE_COMPLETED`.
 * - A task that failed or was rejected fails the stream, though the protocol ended as it should:
 *   nobody is told of success where there is none. The error, a `ServerError` or an
 *   `InvalidRequestError`, says what the agent said. A task that was cancelled leaves the stream
 *   incomplete, with the code `aborted`. The finish reason is the state.
 * - A task that requires input or authorisation completes the stream; the finish reason says so. The
 *   answer goes into a new message with the task's id.
 * - An error in the stream fails it, by its code. So does an event that is not JSON: a piece of an
 *   artifact would be missing, and nothing would show it.
 * - An agent that speaks A2A 0.3 is refused, with a `ProtocolError` that says so.
 * - The answer may be one JSON document: it is read as a stream of one event.
 * - Leaving a stream does not end its task: cancelling sends CancelTask.
 *
 * A stream that broke is resumed by subscribing to its task, which gives the task as it is and then
 * what changes; where the task is over by then, it is asked for. What happened in between is not
 * told again, but its outcome is: artifacts are taken from the task as it is. Over REST the text of
 * the specification subscribes with POST, and its protocol buffers with GET: POST is tried first.
 *
 * @throws ConfigurationError when an option is not what it should be.
 */
export function createA2a(
  options: A2aOptions = {},
): Dialect<A2aStreamResponse, A2aResult, SseEvent> {
  const { interrupted } = parseSettings('createA2a()', settings, options);
  return {
    name: 'a2a',
    accept: 'text/event-stream',
    contentTypes: ['text/event-stream', 'application/json', 'application/a2a+json'],
    headers: () => ({ 'a2a-version': '1.0' }),
    decode: createSseOrJsonDecoder,
    read: (head) => new A2aReader(interrupted === 'wait', head),
    classifyError: bodyError,
    resume: {
      sends: 'snapshot',
      ids: 'opaque',
      request: (place) => taskRequest('SubscribeToTask', place),
      instead: insteadOfSubscribing,
    },
    cancel: (place) => (isOver(place.partial.state) ? undefined : taskRequest('CancelTask', place)),
  };
}

/** The Agent2Agent protocol 1.0 as a stream. */
export const a2a: Dialect<A2aStreamResponse, A2aResult, SseEvent> = createA2a();
