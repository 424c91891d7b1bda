import {
  type CallOptions,
  type CallSnapshot,
  explainConfig,
  resolveConfig,
  type Result,
  type StreamOptions,
  toResult,
} from '@linkspan/core';
import { type HttpClient, openHttpClient } from '../http-client.ts';
import { splitSources } from '../http-client-options.ts';
import { type BodyVerb, type HttpCallOptions, splitCall } from '../http-verbs.ts';
import type { HttpRequestInit } from '../request-init.ts';
import {
  type AgentDialectName,
  agentDialects,
  type AgentStream,
  type OpenAgentStream,
} from './agent-dialects.ts';
import { type AgentInput, type AgentRun, decodeRun, encodeInput } from './agent-run.ts';
import { type PydanticAgentOptions, pydanticAgentSettings } from './pydantic-agent-options.ts';

/** What one run takes. */
export interface AgentCallOptions extends CallOptions {
  /** The agent, instead of the client's. */
  readonly agentId?: string | undefined;
}

/** What one streamed run takes. */
export type AgentStreamOptions = AgentCallOptions &
  Pick<StreamOptions<unknown, unknown>, 'firstEventMs' | 'eventIdleMs' | 'limits'>;

/** The forms of an agent client's calls that do not throw. */
export interface SafePydanticAgentClient<Name extends AgentDialectName> {
  run<Output = unknown>(
    input: string | AgentInput,
    options?: AgentCallOptions,
  ): Promise<Result<AgentRun<Output>>>;
  runStream(
    input: string | AgentInput,
    options?: AgentStreamOptions,
  ): Promise<Result<OpenAgentStream<Name>>>;
  post(...args: Parameters<BodyVerb>): Promise<Result<Awaited<ReturnType<BodyVerb>>>>;
  postStream(
    url: string | URL,
    body?: unknown,
    options?: HttpCallOptions,
  ): Promise<Result<OpenAgentStream<Name>>>;
}

/**
 * A client for pydantic-ai agents that are served over HTTP.
 *
 * ```ts
 * await using agents = new PydanticAgentClient({ baseUrl, agentId: 'researcher' });
 * const { result } = await agents.run('What is a linkspan?');
 * for await (const text of agents.runStream('And a ferry?')) process.stdout.write(text);
 * ```
 *
 * A stream that was cut, and one that reports an error before its `[DONE]`, throws.
 */
export class PydanticAgentClient<
  Name extends AgentDialectName = 'synapse',
> implements AsyncDisposable {
  /** The client underneath, for everything else. */
  readonly http: HttpClient;
  /** The same calls, which resolve with what came of them and do not throw. */
  readonly safe: SafePydanticAgentClient<Name>;
  readonly #dialect: Name;
  readonly #agentId: string | undefined;
  readonly #paths: { readonly run: string; readonly stream: string };

  /** @throws ConfigurationError with everything that is wrong with the options. */
  constructor(options: PydanticAgentOptions<Name> = {}) {
    const { options: given, sources } = splitSources(options, 'PydanticAgentClient');
    const settings = resolveConfig(pydanticAgentSettings, given, sources);
    this.#dialect = settings.dialect as Name;
    this.#agentId = settings.agentId;
    this.#paths = settings.paths;
    this.http = openHttpClient(settings, () =>
      explainConfig(pydanticAgentSettings, given, sources),
    );
    this.safe = {
      run: <Output>(...args: Parameters<typeof this.run>) => toResult(this.run<Output>(...args)),
      runStream: (...args) => toResult(this.runStream(...args)) as never,
      post: (...args) => this.http.safe.post(...args),
      postStream: (...args) => toResult(this.postStream(...args)) as never,
    };
  }

  /**
   * Runs an agent and gives its answer.
   *
   * @throws NotFoundError when there is no such agent, InvalidRequestError when the input is not
   * accepted, ServerError when the run failed.
   */
  async run<Output = unknown>(
    input: string | AgentInput,
    options: AgentCallOptions = {},
  ): Promise<AgentRun<Output>> {
    const { agentId, ...call } = options;
    const response = await this.http.request(this.#runInit(this.#paths.run, input, agentId), call);
    return decodeRun(await response.json()) as AgentRun<Output>;
  }

  /** Runs an agent and streams its answer as it is made. */
  runStream(input: string | AgentInput, options: AgentStreamOptions = {}): AgentStream<Name> {
    const { agentId, ...call } = options;
    const dialect = agentDialects[this.#dialect];
    const init = this.#runInit(this.#paths.stream, input, agentId);
    return this.http.stream<unknown, unknown>(init, { ...call, dialect }) as AgentStream<Name>;
  }

  /** Sends any value as JSON to any path of the server. */
  post(...args: Parameters<BodyVerb>): ReturnType<BodyVerb> {
    return this.http.post(...args);
  }

  /** Sends any value as JSON to any path, and reads the answer in the client's dialect. */
  postStream(url: string | URL, body?: unknown, options?: HttpCallOptions): AgentStream<Name> {
    const dialect = agentDialects[this.#dialect];
    const { init, options: call } = splitCall('POST', url, body, options);
    return this.http.stream<unknown, unknown>(init, { ...call, dialect }) as AgentStream<Name>;
  }

  /** The state of the connections, per origin. */
  stats(): ReturnType<HttpClient['stats']> {
    return this.http.stats();
  }

  /** The calls under way. */
  inFlight(): readonly CallSnapshot[] {
    return this.http.inFlight();
  }

  /** Opens a connection before it is needed. */
  async connect(): Promise<void> {
    await this.http.connect();
  }

  /** Lets calls in flight finish for `drainMs`, then fails them with `ClosedError`. Idempotent. */
  async close(options?: { readonly drainMs?: number }): Promise<void> {
    await this.http.close(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #runInit(path: string, input: string | AgentInput, agentId = this.#agentId): HttpRequestInit {
    return {
      method: 'POST',
      url: path,
      params: { agent_id: agentId },
      json: encodeInput(input),
    };
  }
}
