import {
  type Environment,
  type Middleware,
  resolveConfig,
  type RetryOptions,
  setting,
  type SettingsTable,
} from '@linkspan/core';
import { rateLimit } from '@linkspan/resilience';
import type { HttpClientOptions } from './http-client-options.ts';

/** What PepperPy's `NetworkConfig` holds, with times in milliseconds. */
export interface NetworkConfigOptions {
  /** How long a call may take: `totalMs` of a client. PepperPy's 30 is 30_000. @default as the client has it */
  readonly timeout?: number | undefined;
  /** How many times a call is tried again. @default as the client has it */
  readonly maxRetries?: number | undefined;
  /** How much longer each wait may be than the one before: at least 1. @default as the client has it */
  readonly backoffFactor?: number | undefined;
  /** How many requests may go to an origin in a minute; `pepperpy-core` counted in seconds. @default no limit */
  readonly rateLimit?: number | undefined;
}

interface NetworkSettings {
  readonly timeout: number | undefined;
  readonly maxRetries: number | undefined;
  readonly backoffFactor: number | undefined;
  readonly rateLimit: number | undefined;
}

/** The client reads the variables of its own options, and tells in `explainConfig()` that it did. */
const networkSettings: SettingsTable<NetworkSettings, NetworkConfigOptions> = {
  timeout: setting.durationMs({ optional: true, env: false }),
  maxRetries: setting.integer({ optional: true, min: 0, env: false }),
  backoffFactor: setting.number({ optional: true, min: 1, env: false }),
  rateLimit: setting.integer({ optional: true, min: 1 }),
};

/**
 * Options of {@link createHttpClient} by the names of PepperPy's `NetworkConfig`, for programs that
 * come from there:
 *
 * ```ts
 * const config = new NetworkConfig({ timeout: 30_000, maxRetries: 3, backoffFactor: 1.5, rateLimit: 100 });
 * const client = createHttpClient({ baseUrl, ...config });
 * ```
 *
 * What is not given is taken from the variables of Linkspan, else from those of PepperPy:
 * `PEPPERPY_NETWORK_TIMEOUT` (in seconds, as PepperPy documents it), `_MAX_RETRIES`, `_RATE_LIMIT`
 * and `_VERIFY_SSL`. Clients of one config share its rate limit, which is the first of `middleware`.
 */
export class NetworkConfig {
  readonly totalMs: number | undefined;
  readonly retry: RetryOptions;
  readonly middleware: readonly Middleware[];
  readonly env: Environment | undefined;
  readonly envAliases: NonNullable<HttpClientOptions['envAliases']> = {
    totalMs: { name: 'PEPPERPY_NETWORK_TIMEOUT', unit: 's' },
    'retry.maxRetries': 'PEPPERPY_NETWORK_MAX_RETRIES',
    'tls.rejectUnauthorized': 'PEPPERPY_NETWORK_VERIFY_SSL',
  };

  /**
   * @param env the variables; the environment of the process unless given.
   * @throws ConfigurationError with everything that is wrong.
   */
  constructor(options: NetworkConfigOptions = {}, env?: Environment) {
    const settings = resolveConfig(networkSettings, options, {
      subject: 'NetworkConfig',
      env,
      envAliases: { rateLimit: 'PEPPERPY_NETWORK_RATE_LIMIT' },
    });
    const { timeout, maxRetries, backoffFactor, rateLimit: requestsPerMinute } = settings;
    this.totalMs = timeout;
    this.retry = { maxRetries, backoffFactor };
    this.middleware = requestsPerMinute === undefined ? [] : [rateLimit({ requestsPerMinute })];
    this.env = env;
  }
}
