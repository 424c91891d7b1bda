import { parseSettings, setting, type SettingsTable } from '@linkspan/core';
import { type AdaptedTransportOptions, sdkTransport } from '../transport/create-sdk-transport.ts';
import { missingKey, readVariable } from '../transport/read-variable.ts';
import type { SdkTransport } from '../transport/sdk-transport.ts';
import {
  type ApiKey,
  httpSettings,
  keySetting,
  pickHttp,
  type SdkTransportOptions,
  type SdkTransportSettings,
  sdkTransportSettings,
} from '../transport/sdk-transport-options.ts';
import { AnthropicAdapter } from './anthropic-adapter.ts';
import type { AnthropicSdk } from './anthropic-sdk.ts';

/** What {@link anthropicTransport} takes. */
export interface AnthropicTransportOptions extends SdkTransportOptions {
  /** @default `ANTHROPIC_BASE_URL`, else `https://api.anthropic.com` */
  readonly baseUrl?: string | URL | undefined;
  /** Sent as a bearer token, in the place of a key. @default `ANTHROPIC_AUTH_TOKEN` */
  readonly authToken?: ApiKey | undefined;
  /**
   * The most tokens of an answer whose request does not say, which Anthropic wants to be told. An
   * answer that is cut by it says so: its finish reason is `length`.
   * @default 4,096
   */
  readonly maxTokens?: number | undefined;
}

/** {@link AnthropicTransportOptions} that are not those of http, checked. */
export interface AnthropicTransportSettings extends SdkTransportSettings {
  readonly authToken: SdkTransportSettings['apiKey'];
  readonly maxTokens: number;
}

type OwnOptions = Pick<AnthropicTransportOptions, keyof AnthropicTransportSettings>;

/** The table of what is an Anthropic transport's own. */
export const anthropicTransportSettings: SettingsTable<AnthropicTransportSettings, OwnOptions> = {
  ...sdkTransportSettings,
  authToken: keySetting(false),
  maxTokens: setting.integer({ default: 4096, min: 1, env: false }),
};

const ANTHROPIC_URL = 'https://api.anthropic.com';

/**
 * A transport for chats through Anthropic's SDK, the package `@anthropic-ai/sdk`, which is loaded by
 * the first call or by `connect()`.
 *
 * The key is `apiKey`, else `authToken`, else `ANTHROPIC_API_KEY`, else `ANTHROPIC_AUTH_TOKEN`. A
 * server at a `baseUrl` may do without.
 *
 * @throws ConfigurationError with every option that is wrong, or when Anthropic itself has no key.
 */
export function anthropicTransport(
  options: AnthropicTransportOptions = {},
): SdkTransport<AnthropicSdk> {
  const subject = 'anthropicTransport()';
  const settings = parseSettings(
    subject,
    { ...httpSettings, ...anthropicTransportSettings },
    options,
  ) as unknown as AnthropicTransportSettings;
  const { env = process.env, apiKey, authToken, headers, maxTokens } = settings;
  const given = apiKey !== undefined || authToken !== undefined;
  const key = given ? apiKey : readVariable(env, 'ANTHROPIC_API_KEY');
  const token = key === undefined && !given ? readVariable(env, 'ANTHROPIC_AUTH_TOKEN') : authToken;
  const address = settings.baseUrl ?? readVariable(env, 'ANTHROPIC_BASE_URL');
  if (key === undefined && token === undefined && address === undefined) {
    throw missingKey(subject, 'ANTHROPIC_API_KEY');
  }
  const baseUrl = (address ?? ANTHROPIC_URL).replace(/\/+$/, '');
  return sdkTransport((wire) => new AnthropicAdapter(wire, { baseUrl, headers, maxTokens }), {
    ...pickHttp(options),
    baseUrl,
    auth: authBy(key, token),
  });
}

function authBy(
  key: ApiKey | undefined,
  token: ApiKey | undefined,
): AdaptedTransportOptions['auth'] {
  if (key !== undefined) return { header: 'x-api-key', value: key };
  return token === undefined ? undefined : { bearer: token };
}
