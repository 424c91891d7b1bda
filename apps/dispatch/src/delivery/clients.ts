import {
  type AuthOptions,
  type Client,
  createClient,
  createHttpClient,
  createSdkClient,
  type HttpClient,
  type HttpClientOptions,
  type Middleware,
  type SdkClient,
  type Secret,
} from 'linkspan';
import { ClientManager, type ClientStatus, type ManagedClient } from 'linkspan/core/manager';
import type { Endpoint, EndpointMap, UpstreamId } from '../command-line/endpoints.ts';
import type { SdkChatRow } from '../input/row.ts';
import { AgentClients } from './agent-clients.ts';
import { FallbackClients } from './fallback-clients.ts';
import { RpcTransport } from './rpc-transport.ts';
import { type GuardFacts, type GuardSettings, UpstreamGuard } from './upstream-guard.ts';

/** The clients of a run by what they are for. */
interface ClientsById {
  readonly json: HttpClient;
  readonly chat: HttpClient;
  readonly messages: HttpClient;
  readonly agent: AgentClients;
  readonly 'vercel-ui': HttpClient;
  readonly 'ag-ui': HttpClient;
  readonly 'web-socket': Client;
  readonly 'openai-sdk': SdkClient;
  readonly 'anthropic-sdk': SdkClient;
  readonly fallback: FallbackClients;
}

/** How the clients of a run are made, guarded and checked. */
export interface ClientsSettings extends GuardSettings {
  /** How many connections there may be to one origin: as many as rows in flight. */
  readonly connections: number;
  /** How long a peer may take to answer a call over a WebSocket. */
  readonly answerMs: number;
  /** The time between two checks of an upstream. */
  readonly checkEveryMs: number;
  /** The model that the fallback is asked for; `undefined` for that of the row. */
  readonly fallbackModel: string | undefined;
  /** Told when the circuit before some upstreams opens, and when it is closed again. */
  readonly onCircuit?: ((ids: readonly UpstreamId[], isOpen: boolean) => void) | undefined;
}

/** How one upstream is, and how it was in this run. */
export interface UpstreamStatus extends GuardFacts {
  readonly label: string;
  readonly client: ClientStatus;
}

/** The providers whose SDKs are used, by kind of row. */
const providers = { 'openai-sdk': 'openai', 'anthropic-sdk': 'anthropic' } as const;
/** The upstreams that no tokens are counted for. */
const WITHOUT_TOKENS: ReadonlySet<UpstreamId> = new Set<UpstreamId>(['json', 'web-socket']);

/**
 * The clients of a run in one manager, which checks and closes them, each behind the guard of its
 * origin. Making them opens no connection.
 */
export class Clients implements AsyncDisposable {
  readonly manager: ClientManager<ClientsById>;
  readonly #endpoints: EndpointMap;
  readonly #settings: ClientsSettings;
  readonly #guards = new Map<string, UpstreamGuard>();

  constructor(endpoints: EndpointMap, settings: ClientsSettings) {
    this.#endpoints = endpoints;
    this.#settings = settings;
    this.manager = new ClientManager<ClientsById>({
      health: { intervalMs: settings.checkEveryMs },
    });
    for (const id of this.#ids) {
      const guard = this.guard(id);
      const circuit = (): GuardFacts['circuit']['state'] => guard.circuit;
      this.manager.register(id, this.#make(id), { ownClient: true, circuit });
    }
  }

  /** The client of a kind of rows, or of the fallback. */
  get<Id extends UpstreamId>(id: Id): ClientsById[Id] {
    return this.manager.get(id);
  }

  /** What stands before an upstream. Those of one origin share it. */
  guard(id: UpstreamId): UpstreamGuard {
    const origin = originOf(this.#endpoint(id));
    let guard = this.#guards.get(origin);
    if (guard === undefined) {
      guard = this.#makeGuard(origin);
      this.#guards.set(origin, guard);
    }
    return guard;
  }

  /** The name of who answers, for the output. */
  label(id: UpstreamId): string {
    return this.#endpoint(id).label;
  }

  /** How all upstreams are. */
  status(): UpstreamStatus[] {
    const { clients } = this.manager.status();
    return this.#ids.map((id) => ({
      label: this.label(id),
      client: clients[id]!,
      ...this.guard(id).facts(),
    }));
  }

  /** Which upstreams are down at the moment, in a few words; `''` when none is. */
  troubles(): string {
    const down = this.#ids.filter((id) => this.guard(id).circuit !== 'closed');
    return down.length === 0 ? '' : `down: ${down.join(', ')}`;
  }

  /** Closes the connections. Calls that are still in flight fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.manager.close();
  }

  get #ids(): UpstreamId[] {
    return Object.keys(this.#endpoints) as UpstreamId[];
  }

  #make(id: UpstreamId): ManagedClient {
    switch (id) {
      case 'agent':
        return new AgentClients(this.#httpOptions(id));
      case 'web-socket':
        return this.#makeRpc();
      case 'openai-sdk':
      case 'anthropic-sdk':
        return this.#makeSdk(id, providers[id]);
      case 'fallback': {
        const chat = createHttpClient(this.#httpOptions(id));
        return new FallbackClients(chat, this.#makeSdk(id, 'openai'), this.#settings.fallbackModel);
      }
      default:
        return createHttpClient(this.#httpOptions(id));
    }
  }

  #makeRpc(): Client {
    const { baseUrl, apiKey } = this.#endpoint('web-socket');
    const { answerMs } = this.#settings;
    return createClient({
      middleware: this.#middleware('web-socket'),
      env: {},
      transport: new RpcTransport(baseUrl, {
        answerMs,
        ...(apiKey && { auth: { bearer: apiKey } }),
      }),
      ownTransport: true,
    });
  }

  #makeSdk(id: SdkChatRow['kind'] | 'fallback', provider: 'openai' | 'anthropic'): SdkClient {
    const { baseUrl, apiKey } = this.#endpoint(id);
    const { connections } = this.#settings;
    return createSdkClient({
      provider,
      baseUrl,
      connections,
      apiKey,
      middleware: this.#middleware(id),
      // Which keys of the environment go where is decided already.
      env: {},
    });
  }

  #httpOptions(id: UpstreamId): HttpClientOptions {
    const { baseUrl, apiKey } = this.#endpoint(id);
    const { connections } = this.#settings;
    const auth = apiKey && authOf(id, apiKey);
    return { baseUrl, connections, middleware: this.#middleware(id), ...(auth && { auth }) };
  }

  /** What every attempt goes through: the guard outside, and inside of it what tells the manager. */
  #middleware(id: UpstreamId): Middleware[] {
    return [this.guard(id).layer, this.manager.observe(id)];
  }

  #makeGuard(origin: string): UpstreamGuard {
    const ids = this.#ids.filter((id) => originOf(this.#endpoint(id)) === origin);
    const { onCircuit, tokensPerMinute, ...settings } = this.#settings;
    const countsTokens = ids.some((id) => !WITHOUT_TOKENS.has(id));
    return new UpstreamGuard(
      origin,
      { ...settings, tokensPerMinute: countsTokens ? tokensPerMinute : undefined },
      (isOpen) => onCircuit?.(ids, isOpen),
    );
  }

  #endpoint(id: UpstreamId): Endpoint {
    const endpoint = this.#endpoints[id];
    if (endpoint === undefined) throw new Error(`There is no endpoint for ${id}`);
    return endpoint;
  }
}

function authOf(id: UpstreamId, key: Secret): AuthOptions {
  return id === 'messages' ? { header: 'x-api-key', value: key } : { bearer: key };
}

/** Where requests go, whether over HTTP or a WebSocket. */
function originOf({ baseUrl }: Endpoint): string {
  return new URL(baseUrl.replace(/^ws/, 'http')).origin;
}
