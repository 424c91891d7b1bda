import { retrySettings, setting, type SettingsTable } from '@linkspan/core';
import {
  type AllHttpSettings,
  type HttpClientOptions,
  httpClientSettings,
  type Sources,
} from '../client/http-client-options.ts';
import { type AgentDialectName, agentDialectNames } from './agent-dialects.ts';

/** What a {@link PydanticAgentClient} takes that is not for its http client. */
export interface AgentOptions<Name extends AgentDialectName = AgentDialectName> {
  /** The agent that calls are for which name none; sent as `agent_id` in the query. */
  readonly agentId?: string | undefined;
  /** How the agents stream. @default 'synapse' */
  readonly dialect?: Name | undefined;
  /**
   * Where the agents are run. In the dialects that only stream, `run` is where `stream` is, unless
   * it is given as well.
   *
   * @default { run: '/run', stream: '/run/stream' }; '/api/chat' for 'vercel', '/' for 'ag-ui'
   */
  readonly paths?:
    | { readonly run?: string | undefined; readonly stream?: string | undefined }
    | undefined;
}

/**
 * What a {@link PydanticAgentClient} takes: what an http client takes, and where the agents are.
 * Three defaults differ from those of an http client, and say so here.
 *
 * pydantic-ai sends nothing while a tool runs: with tools that take longer than `idleMs` (30 s) or
 * `eventIdleMs` (120 s), say so.
 */
export interface PydanticAgentOptions<Name extends AgentDialectName = 'synapse'>
  extends Omit<HttpClientOptions, 'config'>, AgentOptions<Name> {
  /** @default 'http://localhost:8000' */
  readonly baseUrl?: string | URL | undefined;
  /** How long a body may be silent while somebody waits for it. @default 30_000 */
  readonly idleMs?: number | undefined;
  /** @default { maxRetries: 3, baseDelayMs: 1_000 } */
  readonly retry?: HttpClientOptions['retry'];
  /** Options as data, from a file say. One that stands beside it wins. */
  readonly config?: Omit<PydanticAgentOptions<Name>, 'config'> | undefined;
}

/** {@link AgentOptions}, checked and with defaults. */
export interface AgentSettings {
  readonly agentId: string | undefined;
  readonly dialect: AgentDialectName;
  readonly paths: { readonly run: string | undefined; readonly stream: string | undefined };
}

/** The table of {@link PydanticAgentOptions}. */
export const pydanticAgentSettings: SettingsTable<
  AllHttpSettings & AgentSettings,
  Omit<HttpClientOptions, Sources> & AgentOptions
> = {
  ...httpClientSettings,
  baseUrl: { ...httpClientSettings.baseUrl, default: 'http://localhost:8000' },
  idleMs: setting.durationMs({ default: 30_000 }),
  retry: setting.group(
    {
      ...retrySettings,
      maxRetries: setting.integer({ default: 3, min: 0 }),
      baseDelayMs: setting.durationMs({ default: 1_000, min: 0, finite: true }),
    },
    { orFalse: true },
  ),
  agentId: setting.string({ optional: true }),
  dialect: setting.choice<AgentDialectName, { readonly default: 'synapse' }>(agentDialectNames, {
    default: 'synapse',
  }),
  paths: setting.group(
    {
      // Their defaults are those of the dialect.
      run: setting.string({ optional: true }),
      stream: setting.string({ optional: true }),
    },
    { env: 'PATH' },
  ),
};
