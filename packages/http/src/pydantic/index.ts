// A client for pydantic-ai agents behind HTTP: run one and read its answer, or stream it, with
// pooled connections, safe retries, and streams that cannot end quietly.
export type {
  AgentDialectName,
  AgentDialects,
  AgentStream,
  OpenAgentStream,
  SessionDialectName,
} from './agent-dialects.ts';
export type { AgentCallOptions, AgentInput, AgentRun, AgentStreamOptions } from './agent-run.ts';
export {
  type AgentRunner,
  AgentSession,
  type AgentSessionOptions,
  type AgentTurn,
} from './agent-session.ts';
export type { PydanticAgentOptions } from './pydantic-agent-options.ts';
export { PydanticAgentClient, type SafePydanticAgentClient } from './pydantic-agent-client.ts';
