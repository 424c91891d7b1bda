import { sseOf } from '../sse-text.ts';

const ids = { taskId: 'task-1', contextId: 'context-1' };

/** A message of the agent. */
export function agentMessage(text: string): object {
  return { messageId: 'message-1', role: 'ROLE_AGENT', parts: [{ text }] };
}

/** The task as it is. */
export function task(state: string, rest: object = {}): object {
  return { task: { id: 'task-1', contextId: 'context-1', status: { state }, ...rest } };
}

/** The task has come to another state. */
export function status(state: string, said?: string): object {
  const message = said === undefined ? {} : { message: agentMessage(said) };
  return { statusUpdate: { ...ids, status: { state, ...message } } };
}

/** A piece of an artifact, or all of it. */
export function artifact(artifactId: unknown, text: string, rest: object = {}): object {
  return { artifactUpdate: { ...ids, artifact: { artifactId, parts: [{ text }] }, ...rest } };
}

/** The two bindings: how each writes the responses of a stream. */
export const bindings: readonly {
  readonly binding: string;
  readonly wire: (...responses: readonly object[]) => Uint8Array;
}[] = [
  { binding: 'REST', wire: sseOf },
  {
    binding: 'JSON-RPC',
    wire: (...responses) =>
      sseOf(...responses.map((result) => ({ jsonrpc: '2.0', id: 'call-1', result }))),
  },
];
