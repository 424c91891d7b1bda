import { parseSettings, setting, type SettingsTable } from '@linkspan/core';
import type { ChatTerminator } from '@linkspan/dialects';
import { type AdaptedTransportOptions, sdkTransport } from '../transport/create-sdk-transport.ts';
import { missingKey, readVariable } from '../transport/read-variable.ts';
import type { SdkTransport } from '../transport/sdk-transport.ts';
import {
  type ApiKey,
  httpSettings,
  pickHttp,
  type SdkTransportOptions,
  type SdkTransportSettings,
  sdkTransportSettings,
} from '../transport/sdk-transport-options.ts';
import { OpenAIAdapter } from './openai-adapter.ts';
import type { OpenAIApiName } from './openai-api.ts';
import type { MaxTokensField } from './openai-params.ts';
import type { OpenAISdk } from './openai-sdk.ts';
import { OPENAI_URL, openaiServer } from './openai-server.ts';

/** What {@link openaiTransport} takes. */
export interface OpenAITransportOptions extends SdkTransportOptions {
  /**
   * Where OpenAI is, or a server that speaks like it: vLLM, Ollama, LiteLLM, Azure.
   * @default `OPENAI_BASE_URL`, else `https://api.openai.com/v1`
   */
  readonly baseUrl?: string | URL | undefined;
  /** @default `OPENAI_ORG_ID` */
  readonly organization?: string | undefined;
  /** @default `OPENAI_PROJECT_ID` */
  readonly project?: string | undefined;
  /**
   * Of Azure's API: the `baseUrl` is then the address of the resource, the model the name of the
   * deployment, and the key is sent as `api-key`. Azure's newer API, under `/openai/v1`, needs none.
   */
  readonly apiVersion?: string | undefined;
  /**
   * How models are asked: by chat completions, which every compatible server has, or by responses,
   * which have no `stop` and no `seed`.
   * @default 'chat'
   */
  readonly api?: OpenAIApiName | undefined;
  /**
   * By which name the server knows the most tokens of an answer. Servers that are compatible with
   * OpenAI mostly know the older one.
   * @default `'max_completion_tokens'` for OpenAI and Azure, `'max_tokens'` for others
   */
  readonly maxTokensField?: MaxTokensField | undefined;
  /**
   * What has to come for a stream to be complete: a finish reason or `[DONE]`, both, or one of them.
   * @default 'either'
   */
  readonly terminator?: ChatTerminator | undefined;
}

/** {@link OpenAITransportOptions} that are not those of http, checked. */
export interface OpenAITransportSettings extends SdkTransportSettings {
  readonly organization: string | undefined;
  readonly project: string | undefined;
  readonly apiVersion: string | undefined;
  readonly api: OpenAIApiName;
  readonly maxTokensField: MaxTokensField | undefined;
  readonly terminator: ChatTerminator;
}

type OwnOptions = Pick<OpenAITransportOptions, keyof OpenAITransportSettings>;

/** The table of what is an OpenAI transport's own. */
export const openaiTransportSettings: SettingsTable<OpenAITransportSettings, OwnOptions> = {
  ...sdkTransportSettings,
  organization: setting.string({ optional: true, env: false }),
  project: setting.string({ optional: true, env: false }),
  apiVersion: setting.string({ optional: true, env: false }),
  api: setting.choice<OpenAIApiName, { readonly default: 'chat'; readonly env: false }>(
    ['chat', 'responses'],
    { default: 'chat', env: false },
  ),
  maxTokensField: setting.choice<MaxTokensField, { readonly optional: true; readonly env: false }>(
    ['max_completion_tokens', 'max_tokens'],
    { optional: true, env: false },
  ),
  terminator: setting.choice<ChatTerminator, { readonly default: 'either'; readonly env: false }>(
    ['either', 'both', 'done', 'finish'],
    { default: 'either', env: false },
  ),
};

/**
 * A transport for chats through OpenAI's SDK, the package `openai`, which is loaded by the first call
 * or by `connect()`.
 *
 * The key is `apiKey`, else `OPENAI_API_KEY`. A server at a `baseUrl` may do without.
 *
 * @throws ConfigurationError with every option that is wrong, or when OpenAI itself has no key.
 */
export function openaiTransport(options: OpenAITransportOptions = {}): SdkTransport<OpenAISdk> {
  const subject = 'openaiTransport()';
  const settings = parseSettings(
    subject,
    { ...httpSettings, ...openaiTransportSettings },
    options,
  ) as unknown as OpenAITransportSettings;
  const { env = process.env, api, apiVersion, headers, terminator } = settings;
  const key = settings.apiKey ?? readVariable(env, 'OPENAI_API_KEY');
  const address = settings.baseUrl ?? readVariable(env, 'OPENAI_BASE_URL');
  if (key === undefined && address === undefined) throw missingKey(subject, 'OPENAI_API_KEY');
  const server = openaiServer(address ?? OPENAI_URL, apiVersion);
  const { baseUrl, isAzure, maxTokensField } = server;
  return sdkTransport(
    (wire) =>
      new OpenAIAdapter(wire, {
        baseUrl,
        headers,
        api,
        apiVersion,
        terminator,
        organization: settings.organization ?? readVariable(env, 'OPENAI_ORG_ID'),
        project: settings.project ?? readVariable(env, 'OPENAI_PROJECT_ID'),
        maxTokensField: settings.maxTokensField ?? maxTokensField,
      }),
    {
      ...pickHttp(options),
      baseUrl,
      auth: authBy(key, isAzure),
    },
  );
}

function authBy(key: ApiKey | undefined, isAzure: boolean): AdaptedTransportOptions['auth'] {
  if (key === undefined) return undefined;
  return isAzure ? { header: 'api-key', value: key } : { bearer: key };
}
