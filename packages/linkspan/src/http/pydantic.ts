// All of @linkspan/http/pydantic.
export {
  AgentSession,
  PydanticAgentClient,
  type AgentCallOptions,
  type AgentDialectName,
  type AgentDialects,
  type AgentInput,
  type AgentRun,
  type AgentRunner,
  type AgentSessionOptions,
  type AgentStream,
  type AgentStreamOptions,
  type AgentTurn,
  type OpenAgentStream,
  type PydanticAgentOptions,
  type SafePydanticAgentClient,
  type SessionDialectName,
} from '@linkspan/http/pydantic';
