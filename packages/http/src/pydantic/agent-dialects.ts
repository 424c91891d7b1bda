import type { Dialect, EventStream, EventStreamPromise } from '@linkspan/core';
import { agUi, createNdjson, synapse, vercelUi } from '@linkspan/dialects';

/** The ways in which pydantic-ai agents stream. */
export interface AgentDialects {
  /** Text in server-sent events, ended by `[DONE]`, as the Synapse wrapper serves. */
  readonly synapse: typeof synapse;
  /** The AI SDK's UI message stream, as `VercelAIAdapter` serves. */
  readonly vercel: typeof vercelUi;
  /** The events of AG-UI, as `AGUIAdapter` serves. */
  readonly 'ag-ui': typeof agUi;
  /** A JSON value in each line, each holding all of the answer so far, as the chat example serves. */
  readonly ndjson: Dialect<unknown, unknown>;
}

/** The name of a dialect. */
export type AgentDialectName = keyof AgentDialects;

/** The dialects in which an answer is known well enough to go on from it. */
export type SessionDialectName = Exclude<AgentDialectName, 'ndjson'>;

/** The stream of a dialect: iterate it, or await it for its head and outcome. */
export type AgentStream<Name extends AgentDialectName = 'synapse'> =
  AgentDialects[Name] extends Dialect<infer Event, infer Final>
    ? EventStreamPromise<Event, Final>
    : never;

/** The same when it is open. */
export type OpenAgentStream<Name extends AgentDialectName = 'synapse'> =
  AgentDialects[Name] extends Dialect<infer Event, infer Final> ? EventStream<Event, Final> : never;

/** The dialects by name. */
export const agentDialects: AgentDialects = {
  synapse,
  vercel: vercelUi,
  'ag-ui': agUi,
  ndjson: createNdjson({ cumulative: true }),
};

/** Their names, for checks and messages. */
export const agentDialectNames: readonly AgentDialectName[] = [
  'synapse',
  'vercel',
  'ag-ui',
  'ndjson',
];
