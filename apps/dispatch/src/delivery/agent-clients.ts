import type { HttpClient } from 'linkspan';
import type { ManagedClient } from 'linkspan/core/manager';
import { PydanticAgentClient, type PydanticAgentOptions } from 'linkspan/http/pydantic';

/** The path that agents stream NDJSON from, as in pydantic-ai's example. */
const NDJSON_PATH = '/chat';

/** The clients of an agent endpoint, one for each way of streaming, managed as one. */
export class AgentClients implements ManagedClient {
  readonly synapse: PydanticAgentClient;
  readonly ndjson: PydanticAgentClient<'ndjson'>;

  constructor(options: Omit<PydanticAgentOptions, 'config' | 'dialect' | 'paths'>) {
    this.synapse = new PydanticAgentClient({ ...options, dialect: 'synapse' });
    const paths = { stream: NDJSON_PATH };
    this.ndjson = new PydanticAgentClient({ ...options, dialect: 'ndjson', paths });
  }

  /** Both go to the same place: what one finds out is true of the other. */
  get transport(): HttpClient['transport'] {
    return this.synapse.http.transport;
  }

  connect(): Promise<void> {
    return this.synapse.connect();
  }

  async close(options?: { readonly drainMs?: number }): Promise<void> {
    await Promise.all([this.synapse.close(options), this.ndjson.close(options)]);
  }
}
