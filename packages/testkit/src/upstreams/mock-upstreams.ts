import { type Clock, systemClock } from '@linkspan/concurrency';
import { parseSettings, setting, type SettingsTable } from '@linkspan/core';
import { A2aUpstream } from './a2a/a2a-upstream.ts';
import { AgentUpstream } from './agent/agent-upstream.ts';
import { AnthropicUpstream } from './anthropic/anthropic-upstream.ts';
import { GeminiUpstream } from './gemini/gemini-upstream.ts';
import { type JsonReplier, JsonUpstream } from './json/json-upstream.ts';
import type { McpTool } from './mcp/mcp-tools.ts';
import { McpUpstream } from './mcp/mcp-upstream.ts';
import { Mint } from './mint.ts';
import { MockServer } from './mock-server.ts';
import type { ModelRefusal, ModelReply } from './model/model-reply.ts';
import type { ModelReplier, Replying, ReplyOptions, ReplyScript } from './model/reply-script.ts';
import { OpenaiUpstream } from './openai/openai-upstream.ts';
import type { ReceivedRequest } from './received-request.ts';
import type { StumbleKind } from './stumble.ts';
import type { StumbleChooser, Stumbling } from './stumble-script.ts';
import type { Pace } from './timeline.ts';
import type { Upstream } from './upstream.ts';
import { type WebSocketReplier, WebSocketUpstream } from './web-socket/web-socket-upstream.ts';

/** How the mock upstreams behave. */
export interface MockUpstreamsOptions {
  /** The port on the loopback interface; 0 for any that is free. @default 0 */
  readonly port?: number;
  /** Decides ids, times and probabilities: the same requests get the same answers. @default 1 */
  readonly seed?: number;
  /** How long answers take, unless a reply says otherwise. @default no time */
  readonly pace?: Pace;
  /** Where the pauses come from. @default the platform's clock */
  readonly clock?: Clock;
}

/** What every upstream can be told, and asked. */
export interface MockUpstream extends Stumbling {
  /** Everything that this upstream was sent, in the order of arrival. */
  readonly requests: readonly ReceivedRequest[];
  /** Forgets the stumbles, replies and tools that were scripted. The requests stay. */
  reset(): void;
}

/** An upstream behind which a model answers. */
export interface MockModel extends MockUpstream, Replying {}

/** The upstreams behind one port. */
export interface MockUpstreams extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** OpenAI: chat completions, responses, models. The base URL ends in `/v1`, as the SDK has it. */
  readonly openai: MockModel & { readonly baseUrl: string };
  /** Anthropic: messages. The base URL is what the SDK puts `/v1/messages` behind. */
  readonly anthropic: MockModel & { readonly baseUrl: string };
  /** Gemini: `generateContent` and `streamGenerateContent?alt=sse`, below `/v1beta/models/`. */
  readonly gemini: MockModel & { readonly baseUrl: string };
  /** A pydantic-ai agent, behind each of its adapters. */
  readonly agent: MockModel & {
    /** Synapse's wrapper: `/run`, `/run/stream`, and pydantic-ai's NDJSON example at `/chat`. */
    readonly baseUrl: string;
    readonly vercelUrl: string;
    readonly agUiUrl: string;
  };
  /** An A2A 1.0 agent: JSON-RPC at the URL, REST and the card below it. */
  readonly a2a: MockModel & { readonly url: string };
  /** An MCP server that speaks 2025-11-25 and 2026-07-28 at one URL. */
  readonly mcp: MockUpstream & {
    readonly url: string;
    /** Offers a tool beside `echo` and `count`, or in the place of the one of that name. */
    tool(tool: McpTool): void;
  };
  /** A JSON API: items in pages, `/status/<code>`, an echo of the rest. */
  readonly json: MockUpstream & {
    readonly baseUrl: string;
    /** Asks this function about every request first. */
    reply(replier: JsonReplier): void;
  };
  /** A WebSocket that sends everything back. */
  readonly webSocket: MockUpstream & {
    readonly url: string;
    /** Has this function answer each message, in the place of sending it back. */
    reply(replier: WebSocketReplier): void;
  };
  /** Everything that was sent, to whomever, in the order of arrival. */
  readonly requests: readonly ReceivedRequest[];
  /**
   * Frees the port and breaks what is still open. Idempotent.
   *
   * @throws what a function of yours threw while it answered, so that no test passes over it.
   */
  close(): Promise<void>;
}

interface MockUpstreamsSettings {
  readonly port: number;
  readonly seed: number;
  readonly pace: Pace;
  readonly clock: Clock;
}

const ms = setting.durationMs({ default: 0, min: 0, finite: true, env: false });

const settings: SettingsTable<MockUpstreamsSettings, MockUpstreamsOptions> = {
  port: setting.integer({ default: 0, min: 0, max: 65_535, env: false }),
  seed: setting.integer({ default: 1, env: false }),
  pace: setting.group({ firstEventMs: ms, eventMs: ms }),
  clock: setting.custom<Clock>({
    default: systemClock,
    expected: 'a clock: now, setTimeout and clearTimeout',
    check: (value) => (isClock(value) ? value : undefined),
  }),
};

/**
 * Starts servers that speak the wire formats of model providers, agents and APIs, on one port of the
 * loopback interface. What they answer, and how they stumble, is scripted on each of them; all that
 * they were sent is kept.
 *
 * @throws ConfigurationError when an option is not what it should be; the platform's error when the
 * port is taken.
 */
export async function mockUpstreams(options: MockUpstreamsOptions = {}): Promise<MockUpstreams> {
  const { port, seed, pace, clock } = parseSettings('mockUpstreams()', settings, options);
  const context = { clock, mint: new Mint(seed, clock), pace, seed };
  const openai = new OpenaiUpstream(context);
  const anthropic = new AnthropicUpstream(context);
  const gemini = new GeminiUpstream(context);
  const agent = new AgentUpstream(context);
  const a2a = new A2aUpstream(context);
  const mcp = new McpUpstream(context);
  const json = new JsonUpstream(context);
  const webSocket = new WebSocketUpstream(context);
  const all = [openai, anthropic, gemini, agent, a2a, mcp, json, webSocket];
  const server = new MockServer(all, webSocket, clock);
  const origin = `http://127.0.0.1:${await server.listen(port)}`;
  const at = ({ prefix }: Upstream): string => `${origin}${prefix}`;
  const close = async (): Promise<void> => {
    await server.close();
    if (server.failures.length > 0) throw failureOf(server.failures);
  };
  return {
    origin,
    openai: Object.assign(model(openai, server), { baseUrl: at(openai) }),
    anthropic: Object.assign(model(anthropic, server), { baseUrl: at(anthropic) }),
    gemini: Object.assign(model(gemini, server), { baseUrl: at(gemini) }),
    agent: Object.assign(model(agent, server), {
      baseUrl: at(agent),
      vercelUrl: `${at(agent)}/vercel`,
      agUiUrl: `${at(agent)}/ag-ui`,
    }),
    a2a: Object.assign(model(a2a, server), { url: at(a2a) }),
    mcp: Object.assign(
      control(mcp, server, () => mcp.tools.clear()),
      { url: at(mcp), tool: (tool: McpTool) => mcp.tools.add(tool) },
    ),
    json: Object.assign(
      control(json, server, () => json.clear()),
      { baseUrl: at(json), reply: (replier: JsonReplier) => json.reply(replier) },
    ),
    webSocket: Object.assign(
      control(webSocket, server, () => webSocket.clear()),
      {
        url: at(webSocket).replace('http', 'ws'),
        reply: (replier: WebSocketReplier) => webSocket.reply(replier),
      },
    ),
    requests: server.requests,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function control(upstream: Upstream, server: MockServer, clear?: () => void): MockUpstream {
  return {
    get requests(): readonly ReceivedRequest[] {
      return server.requests.filter((request) => request.upstream === upstream.name);
    },
    stumble: (first: StumbleKind | StumbleChooser, details?: object) =>
      upstream.stumbles.add(first, details),
    reset: () => {
      upstream.stumbles.clear();
      clear?.();
    },
  };
}

function model(
  upstream: Upstream & { readonly replies: ReplyScript },
  server: MockServer,
): MockModel {
  const { replies } = upstream;
  return Object.assign(
    control(upstream, server, () => replies.clear()),
    {
      reply: (reply: ModelReply | ModelRefusal | ModelReplier, options?: ReplyOptions) =>
        replies.add(reply, options),
    },
  );
}

function failureOf(failures: readonly unknown[]): unknown {
  if (failures.length === 1) return failures[0];
  const message = `${failures.length} functions of the author of the mock upstreams threw`;
  return new AggregateError(failures, message);
}

function isClock(value: unknown): value is Clock {
  if (typeof value !== 'object' || value === null) return false;
  const clock = value as Partial<Record<keyof Clock, unknown>>;
  const methods = [clock.now, clock.setTimeout, clock.clearTimeout];
  return methods.every((method) => typeof method === 'function');
}
