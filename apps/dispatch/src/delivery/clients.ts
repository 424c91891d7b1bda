import type { Secret } from '@linkspan/core';
import { createHttpClient, type HttpClient } from '@linkspan/http';
import { PydanticAgentClient } from '@linkspan/http/pydantic';
import type { Endpoint, EndpointMap } from '../command-line/endpoints.ts';
import type { RowKind } from '../input/row.ts';

/** The path that agents stream NDJSON from, as in pydantic-ai's example. */
const NDJSON_PATH = '/chat';

/** What every client of a run is made of. */
interface ClientSetup {
  readonly baseUrl: string;
  readonly connections: number;
  readonly auth?: { readonly bearer: Secret } | { readonly header: string; readonly value: Secret };
}

/** The clients of an agent endpoint, one for each way of streaming. */
export interface AgentClients {
  readonly synapse: PydanticAgentClient;
  readonly ndjson: PydanticAgentClient<'ndjson'>;
}

interface Closable {
  close(): Promise<void>;
}

/** The clients of a run, made when the first row needs them, and closed together. */
export class Clients implements AsyncDisposable {
  readonly #endpoints: EndpointMap;
  readonly #connections: number;
  readonly #http = new Map<RowKind, HttpClient>();
  #agents: AgentClients | undefined;

  /** @param connections how many there may be to one origin: as many as rows in flight. */
  constructor(endpoints: EndpointMap, connections: number) {
    this.#endpoints = endpoints;
    this.#connections = connections;
  }

  /** The client of a kind of rows. */
  http(kind: RowKind): HttpClient {
    let client = this.#http.get(kind);
    if (client === undefined) {
      client = createHttpClient(this.#options(kind));
      this.#http.set(kind, client);
    }
    return client;
  }

  get agents(): AgentClients {
    const options = this.#options('agent');
    this.#agents ??= {
      synapse: new PydanticAgentClient({ ...options, dialect: 'synapse' }),
      ndjson: new PydanticAgentClient({
        ...options,
        dialect: 'ndjson',
        paths: { stream: NDJSON_PATH },
      }),
    };
    return this.#agents;
  }

  /** The name of who answers a kind of rows, for the output. */
  label(kind: RowKind): string {
    return this.#endpoint(kind).label;
  }

  /** Closes the connections. Calls that are still in flight fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    const agents = this.#agents === undefined ? [] : Object.values(this.#agents);
    const clients: Closable[] = [...this.#http.values(), ...agents];
    await Promise.all(clients.map((client) => client.close()));
  }

  #options(kind: RowKind): ClientSetup {
    const { baseUrl, apiKey } = this.#endpoint(kind);
    return {
      baseUrl,
      connections: this.#connections,
      ...(apiKey && {
        auth: kind === 'messages' ? { header: 'x-api-key', value: apiKey } : { bearer: apiKey },
      }),
    };
  }

  #endpoint(kind: RowKind): Endpoint {
    const endpoint = this.#endpoints[kind];
    if (endpoint === undefined) throw new Error(`There is no endpoint for rows of kind ${kind}`);
    return endpoint;
  }
}
