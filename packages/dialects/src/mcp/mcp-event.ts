import type { MalformedEvent } from '../framing/malformed-event.ts';
import type { JsonRpcMessage } from '../json-rpc/json-rpc-message.ts';

/**
 * One event of a stream of the Model Context Protocol: a message as the server sent it, or one that
 * cannot be read, which is told apart with `instanceof MalformedEvent`.
 */
export type McpEvent = JsonRpcMessage | MalformedEvent;

/** What a stream of the Model Context Protocol adds up to. */
export interface McpResult {
  /** The result of the call; `undefined` before it came. */
  readonly result: Readonly<Record<string, unknown>> | undefined;
  /** The texts among the `content` of the result, each on lines of its own. */
  readonly text: string;
  /**
   * Whether a tool says that it failed: its answer is complete all the same, and is for the model to
   * read.
   */
  readonly isError: boolean;
}
