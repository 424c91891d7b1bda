import { type Clock, systemClock } from '@linkspan/concurrency';
import type { Codec } from '../codec/json-codec.ts';
import type { OnError, OnRequest, OnResponse } from '../middleware/hooks.ts';
import type { Middleware } from '../middleware/middleware.ts';
import {
  type RetryOptions,
  type RetrySettings,
  retrySettings,
} from '../middleware/retry-options.ts';
import * as setting from '../settings/kinds.ts';
import type { SettingsTable } from '../settings/setting.ts';
import { checkHeaders, HEADERS_EXPECTED } from './check-headers.ts';

/** What every client takes, whatever its transport. All times are in milliseconds. */
export interface ClientBaseOptions {
  /** How long a call may take: queueing, retries and its body included. @default 60_000 */
  readonly totalMs?: number | undefined;
  /** Another name for `totalMs`. */
  readonly timeout?: number | undefined;
  /** How long one attempt may take until the head of its answer. @default Infinity */
  readonly attemptMs?: number | undefined;
  /** How long a body may be silent while somebody waits for it. @default 60_000 */
  readonly idleMs?: number | undefined;
  /**
   * How long a stream may take until its first event, from the start of each attempt: the wait for
   * the head of the answer, and then for the event while the reader waits for it. @default 60_000
   */
  readonly firstEventMs?: number | undefined;
  /** How long the reader of a stream may wait between signs of progress. @default 120_000 */
  readonly eventIdleMs?: number | undefined;
  /** What is different for streams. */
  readonly stream?: StreamDefaultsOptions | undefined;
  /** Sent with every request that does not set them itself. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How failed calls are tried again; `false` for never. @default {} */
  readonly retry?: RetryOptions | false | undefined;
  /** Layers around every attempt, the first outermost. @default [] */
  readonly middleware?: readonly Middleware[] | undefined;
  /** Sees, and may replace, the request of every attempt. */
  readonly onRequest?: OnRequest | undefined;
  /** Sees every answer's head, may replace it or decide about a retry. */
  readonly onResponse?: OnResponse | undefined;
  /** Told once of every call that fails, after its last attempt. */
  readonly onError?: OnError | undefined;
  /** Which statuses are answers; the others are thrown. @default below 400 */
  readonly acceptStatus?: ((status: number) => boolean) | undefined;
  /**
   * Writes the values that requests carry, and reads answers for `json()`.
   * @default JSON, written by the transport
   */
  readonly codec?: Codec | undefined;
  /** How long `close()` lets calls in flight finish. @default 0 */
  readonly drainMs?: number | undefined;
  /** Where all waits come from. @default the platform's monotonic clock */
  readonly clock?: Clock | undefined;
  /** Numbers from 0 up to 1, for jitter. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** What is different for streams. */
export interface StreamDefaultsOptions {
  /** How long a stream may take as a whole. @default Infinity */
  readonly totalMs?: number | undefined;
}

/** {@link ClientBaseOptions}, checked and with defaults. */
export interface ClientSettings {
  readonly totalMs: number;
  readonly attemptMs: number;
  readonly idleMs: number;
  readonly firstEventMs: number;
  readonly eventIdleMs: number;
  readonly stream: { readonly totalMs: number };
  readonly headers: Readonly<Record<string, string>>;
  readonly retry: RetrySettings | false;
  readonly middleware: readonly Middleware[];
  readonly onRequest: OnRequest | undefined;
  readonly onResponse: OnResponse | undefined;
  readonly onError: OnError | undefined;
  readonly acceptStatus: (status: number) => boolean;
  readonly codec: Codec | undefined;
  readonly drainMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The table of {@link ClientBaseOptions}, for clients that add options of their own to it. */
export const clientSettings: SettingsTable<ClientSettings, ClientBaseOptions> = {
  totalMs: setting.durationMs({ default: 60_000 }),
  timeout: setting.alias<number>('totalMs'),
  attemptMs: setting.durationMs({ default: Infinity }),
  idleMs: setting.durationMs({ default: 60_000 }),
  firstEventMs: setting.durationMs({ default: 60_000 }),
  eventIdleMs: setting.durationMs({ default: 120_000 }),
  stream: setting.group({ totalMs: setting.durationMs({ default: Infinity }) }, { env: 'STREAM' }),
  headers: setting.custom<Readonly<Record<string, string>>>({
    default: {},
    expected: HEADERS_EXPECTED,
    check: checkHeaders,
  }),
  retry: setting.group(retrySettings, { orFalse: true }),
  middleware: setting.list(setting.callback<Middleware>(), { default: [], env: false }),
  onRequest: setting.callback<OnRequest>({ optional: true }),
  onResponse: setting.callback<OnResponse>({ optional: true }),
  onError: setting.callback<OnError>({ optional: true }),
  acceptStatus: setting.callback<(status: number) => boolean>({
    default: (status) => status < 400,
  }),
  codec: setting.custom<Codec>({
    optional: true,
    expected: 'a codec, such as createJsonCodec()',
    check: (value) => (isCodec(value) ? value : undefined),
  }),
  drainMs: setting.durationMs({ default: 0, min: 0 }),
  clock: setting.custom<Clock>({
    default: systemClock,
    env: false,
    expected: 'a clock: now, setTimeout and clearTimeout',
    check: (value) => (isClock(value) ? value : undefined),
  }),
  random: setting.callback<() => number>({ default: Math.random }),
};

function isClock(value: unknown): value is Clock {
  const clock = value as Partial<Clock> | null | undefined;
  return (
    typeof clock?.now === 'function' &&
    typeof clock.setTimeout === 'function' &&
    typeof clock.clearTimeout === 'function'
  );
}

function isCodec(value: unknown): value is Codec {
  const codec = value as Partial<Codec> | null | undefined;
  return typeof codec?.encode === 'function' && typeof codec.decode === 'function';
}
