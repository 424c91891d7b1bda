import { randomUUID } from 'node:crypto';
import {
  type CallSnapshot,
  explainConfig,
  resolveConfig,
  type Result,
  toResult,
  validate,
} from '@linkspan/core';
import { type HttpClient, openHttpClient } from '../client/http-client.ts';
import { splitSources } from '../client/http-client-options.ts';
import { type BodyVerb, type HttpCallOptions, splitCall } from '../client/http-verbs.ts';
import type { HttpRequestInit } from '../request/request-init.ts';
import { AgentSession, type AgentSessionOptions } from './agent-session.ts';
import {
  type AgentDialectName,
  agentDialects,
  type AgentStream,
  type OpenAgentStream,
  type SessionDialectName,
} from './agent-dialects.ts';
import {
  type AgentAnswer,
  type AgentPaths,
  type AgentProtocol,
  agentProtocols,
} from './agent-protocols.ts';
import {
  type AgentCallOptions,
  type AgentInput,
  type AgentRun,
  type AgentStreamOptions,
  decodeRun,
} from './agent-run.ts';
import { type PydanticAgentOptions, pydanticAgentSettings } from './pydantic-agent-options.ts';

type AnySchema = Parameters<typeof validate>[0];
type OutputOf<Schema extends AnySchema> = NonNullable<Schema['~standard']['types']>['output'];

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
 * A stream that was cut, and one that reports an error before its `[DONE]`, throws. What is sent, and
 * what the events are, is as the `dialect` has it: text for `synapse`, the parts of a UI message for
 * `vercel`, the events of AG-UI for `ag-ui`, the answer so far for `ndjson`.
 */
export class PydanticAgentClient<
  Name extends AgentDialectName = 'synapse',
> implements AsyncDisposable {
  /** The client underneath, for everything else. */
  readonly http: HttpClient;
  /** The same calls, which resolve with what came of them and do not throw. */
  readonly safe: SafePydanticAgentClient<Name>;
  /** How the agents stream. */
  readonly dialect: Name;
  readonly #protocol: AgentProtocol;
  readonly #agentId: string | undefined;
  readonly #paths: AgentPaths;

  /** @throws ConfigurationError with everything that is wrong with the options. */
  constructor(options: PydanticAgentOptions<Name> = {}) {
    const { options: given, sources } = splitSources(options, 'PydanticAgentClient');
    const settings = resolveConfig(pydanticAgentSettings, given, sources);
    this.dialect = settings.dialect as Name;
    this.#protocol = agentProtocols[settings.dialect];
    this.#agentId = settings.agentId;
    this.#paths = pathsOf(this.#protocol, settings.paths);
    this.http = openHttpClient(settings, () =>
      explainConfig(pydanticAgentSettings, given, sources),
    );
    this.safe = {
      run: <Output>(input: string | AgentInput, call?: AgentCallOptions) =>
        toResult(this.run<Output>(input, call)),
      runStream: (...args) => toResult(this.runStream(...args)) as never,
      post: (...args) => this.http.safe.post(...args),
      postStream: (...args) => toResult(this.postStream(...args)) as never,
    };
  }

  /**
   * Runs an agent and gives its answer. With a schema of any library that keeps the Standard Schema
   * as `output`, the result is checked, and what the schema makes of it is given.
   *
   * In the dialects `vercel` and `ag-ui`, which have no other answer than a stream, this reads the
   * stream to its end. The result is then the `result` of AG-UI's `RUN_FINISHED`, else the text; the
   * messages are those that were given, the prompt and the text, without the calls of tools.
   *
   * @throws DeserializationError when the result does not fit the schema.
   * @throws NotFoundError when there is no such agent, InvalidRequestError when the input is not
   * accepted, ServerError when the run failed, StreamIncompleteError when a stream was cut.
   */
  run<Schema extends AnySchema>(
    input: string | AgentInput,
    options: AgentCallOptions & { readonly output: Schema },
  ): Promise<AgentRun<OutputOf<Schema>>>;
  run<Output = unknown>(
    input: string | AgentInput,
    options?: AgentCallOptions & { readonly output?: undefined },
  ): Promise<AgentRun<Output>>;
  async run(
    input: string | AgentInput,
    options: AgentCallOptions & { readonly output?: AnySchema | undefined } = {},
  ): Promise<AgentRun> {
    const { output, ...call } = options;
    const run = await (this.#protocol.onlyStreams === true
      ? this.#runAsStream(withMessageId(input), call)
      : this.#runAtOnce(withMessageId(input), call));
    if (output === undefined) return run;
    return { ...run, result: await validate(output, run.result, 'the result of the agent') };
  }

  /** Runs an agent and streams its answer as it is made. */
  runStream(input: string | AgentInput, options: AgentStreamOptions = {}): AgentStream<Name> {
    return this.#stream(this.#paths.stream, withMessageId(input), options);
  }

  /** A conversation with one agent, which keeps what was said. */
  session<Spoken extends SessionDialectName>(
    this: PydanticAgentClient<Spoken>,
    options?: AgentSessionOptions,
  ): AgentSession<Spoken> {
    return new AgentSession(this, options);
  }

  /** Sends any value as JSON to any path of the server. */
  post(...args: Parameters<BodyVerb>): ReturnType<BodyVerb> {
    return this.http.post(...args);
  }

  /** Sends any value as JSON to any path, and reads the answer in the client's dialect. */
  postStream(url: string | URL, body?: unknown, options?: HttpCallOptions): AgentStream<Name> {
    const dialect = agentDialects[this.dialect];
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

  async #runAtOnce(input: AgentInput, options: AgentCallOptions): Promise<AgentRun> {
    const { agentId, ...call } = options;
    const response = await this.http.request(this.#runInit(this.#paths.run, input, agentId), call);
    return decodeRun(await response.json());
  }

  async #runAsStream(input: AgentInput, options: AgentCallOptions): Promise<AgentRun> {
    const stream: { result(): Promise<unknown> } = this.#stream(this.#paths.run, input, options);
    const answer = (await stream.result()) as AgentAnswer;
    const { text, usage, finishReason, finished } = answer;
    return {
      result: finished?.result ?? text,
      messages: [...(input.messageHistory ?? []), ...this.#protocol.turn(input, answer)],
      usage,
      finishReason,
    };
  }

  #stream(path: string, input: AgentInput, options: AgentStreamOptions): AgentStream<Name> {
    const { agentId, ...call } = options;
    const dialect = agentDialects[this.dialect];
    const init = this.#runInit(path, input, agentId);
    return this.http.stream<unknown, unknown>(init, { ...call, dialect }) as AgentStream<Name>;
  }

  #runInit(path: string, input: AgentInput, agentId = this.#agentId): HttpRequestInit {
    return {
      method: 'POST',
      url: path,
      params: { agent_id: agentId },
      json: this.#protocol.encode(input),
    };
  }
}

/** The input, with a name for its prompt: the same in what is sent and in what is kept of it. */
function withMessageId(input: string | AgentInput): AgentInput {
  const asked = typeof input === 'string' ? { prompt: input } : input;
  return asked.messageId === undefined ? { ...asked, messageId: randomUUID() } : asked;
}

function pathsOf(
  { paths, onlyStreams }: AgentProtocol,
  given: { readonly run: string | undefined; readonly stream: string | undefined },
): AgentPaths {
  const stream = given.stream ?? paths.stream;
  return { stream, run: given.run ?? (onlyStreams === true ? stream : paths.run) };
}
