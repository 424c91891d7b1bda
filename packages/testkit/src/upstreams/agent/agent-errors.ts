import { jsonAnswer, type ValueAnswer } from '../answer.ts';
import { type FaultTable, type ProviderFault, retryAfterHeader } from '../fault.ts';

/** How a service around an agent refuses a request. */
export const agentFaults: FaultTable = {
  'rate-limit': { status: 429, message: 'Too many requests' },
  overloaded: { status: 503, message: 'The model behind the agent is overloaded' },
  'server-error': { status: 500, message: 'Internal Server Error' },
  quota: { status: 402, message: 'The usage limit of the agent is reached' },
  'bad-key': { status: 401, message: 'Not authenticated' },
};

/** An error as FastAPI writes it, `{"detail"}`, or as Synapse's wrapper does, `{"error"}`. */
export function refuseAgent(fault: ProviderFault, isSynapse: boolean): ValueAnswer {
  const { status, message, retryAfterMs } = fault;
  const body = isSynapse ? { error: message } : { detail: message };
  return jsonAnswer(status, body, { ...AGENT_HEADERS, ...retryAfterHeader(retryAfterMs) });
}

/** The headers of every answer of an agent. */
export const AGENT_HEADERS = { server: 'uvicorn' } as const;

/** A request that pydantic refuses, field by field, as its adapters answer it. */
export function missingFields(names: readonly string[], place: readonly string[] = []): object[] {
  return names.map((name) => ({
    type: 'missing',
    loc: [...place, name],
    msg: 'Field required',
    input: {},
    url: 'https://errors.pydantic.dev/2.13/v/missing',
  }));
}
