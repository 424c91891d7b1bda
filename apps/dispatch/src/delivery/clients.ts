import {
  createHttpClient,
  createSdkClient,
  type HttpClient,
  type SdkClient,
  type Secret,
} from 'linkspan';
import { PydanticAgentClient } from 'linkspan/http/pydantic';
import type { Endpoint, EndpointMap } from '../command-line/endpoints.ts';
import type { RowKind, SdkChatRow } from '../input/row.ts';
import { WebSocketCaller } from './web-socket-caller.ts';

/** The path that agents stream NDJSON from, as in pydantic-ai's example. */
const NDJSON_PATH = '/chat';

/** The providers whose SDKs are used, by kind of row. */
const providers = { 'openai-sdk': 'openai', 'anthropic-sdk': 'anthropic' } as const;

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
  readonly #sdk = new Map<RowKind, SdkClient>();
  #agents: AgentClients | undefined;
  #webSocket: WebSocketCaller | undefined;

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

  /** The client of a kind of rows that goes through a provider's SDK. */
  sdk(kind: SdkChatRow['kind']): SdkClient {
    let client = this.#sdk.get(kind);
    if (client === undefined) {
      const { baseUrl, apiKey } = this.#endpoint(kind);
      client = createSdkClient({
        provider: providers[kind],
        baseUrl,
        connections: this.#connections,
        apiKey,
        // Which keys of the environment go where is decided already.
        env: {},
      });
      this.#sdk.set(kind, client);
    }
    return client;
  }

  get webSocket(): WebSocketCaller {
    const { baseUrl, apiKey } = this.#endpoint('web-socket');
    this.#webSocket ??= new WebSocketCaller(baseUrl, apiKey ? { auth: { bearer: apiKey } } : {});
    return this.#webSocket;
  }

  /** The name of who answers a kind of rows, for the output. */
  label(kind: RowKind): string {
    return this.#endpoint(kind).label;
  }

  /** Closes the connections. Calls that are still in flight fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    const agents = this.#agents === undefined ? [] : Object.values(this.#agents);
    const clients: Closable[] = [...this.#http.values(), ...this.#sdk.values(), ...agents];
    if (this.#webSocket !== undefined) clients.push(this.#webSocket);
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
