import {
  type AttemptBudget,
  budgetSetting,
  type LinkspanError,
  setting,
  type SettingsTable,
} from '@linkspan/core';

/** What a client tells before it waits to connect again. */
export interface ReconnectWait {
  /** What broke the connection, or the last attempt to make another. */
  readonly error: LinkspanError;
  /** How many attempts there were since a connection was up for long, this one included. */
  readonly attempt: number;
  readonly waitMs: number;
}

/** What a client tells when it is connected again, before it sends what waits. */
export interface ReconnectNotice {
  /** What broke the connection before. */
  readonly error: LinkspanError;
  /** How many attempts it took. */
  readonly attempt: number;
  /** How long nothing was received. */
  readonly downMs: number;
  /**
   * What was handed to the connection before, and not confirmed by it: each of these may have
   * reached the peer, or not (`sent: 'maybe'`). They are not sent again. In their order, as they
   * were given to `send()`.
   */
  readonly unconfirmed: readonly unknown[];
  /** Sends on the new connection, before everything that waits: to subscribe again. */
  send(message: unknown): void;
}

/** How a connection that broke is made again. */
export interface ReconnectOptions {
  /**
   * How many attempts may follow one another before a connection is up for `resetAfterMs`. The
   * client then fails with what the last one failed with. `Infinity` for no limit. @default 10
   */
  readonly maxAttempts?: number | undefined;
  /**
   * The upper end of the first wait; the wait itself is random below it (full jitter), and doubles
   * with each attempt. It is that of RFC 6455, section 7.2.3, because a restart of the peer breaks all
   * of its connections at once: with 500 ms a fifth of them would come back within 100 ms. A
   * `retry-after` of a refused upgrade is obeyed to the millisecond, as far as the deadline, and 5 min
   * without one. @default 5_000
   */
  readonly baseDelayMs?: number | undefined;
  /**
   * The upper end of every wait that the peer did not ask for. After a 1013 (try again later) the
   * wait is above half of it. @default 20_000
   */
  readonly maxDelayMs?: number | undefined;
  /** How long a connection has to be up until the attempts are counted anew. @default 10_000 */
  readonly resetAfterMs?: number | undefined;
  /**
   * Asked before each attempt but the first, and but the first after a connection that was up for
   * `resetAfterMs`: these two are recorded as calls. An attempt that it refuses is not made, and is
   * waited behind like one that failed. `false` for none. @default a `RetryBudget` for each origin
   */
  readonly budget?: AttemptBudget | false | undefined;
  /**
   * Which codes are worth another connection, over what is known of them: `{ 4429: true }`. Without
   * it, 1001, 1005, 1006, 1011, 1012, 1013 and 1015 are, and no code of an application is.
   */
  readonly codes?: Readonly<Record<number, boolean>> | undefined;
  /** Told before each wait. What it throws is reported as a warning and changes nothing. */
  readonly onRetry?: ((notice: ReconnectWait) => void) | undefined;
  /**
   * Called when the client is connected again, before anything that waits is sent: to subscribe
   * again. It takes part: when it throws, the client closes, and fails with that.
   */
  readonly onReconnect?: ((notice: ReconnectNotice) => void | Promise<void>) | undefined;
}

/** {@link ReconnectOptions}, checked, with defaults. */
export interface ReconnectSettings {
  readonly maxAttempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly resetAfterMs: number;
  readonly budget: AttemptBudget | false | undefined;
  readonly codes: Readonly<Record<number, boolean>>;
  readonly onRetry: ((notice: ReconnectWait) => void) | undefined;
  readonly onReconnect: ((notice: ReconnectNotice) => void | Promise<void>) | undefined;
}

/** How the connections of a call are made again: there is nobody to subscribe again. */
export type CallReconnectOptions = Omit<ReconnectOptions, 'onReconnect'>;

/** {@link CallReconnectOptions}, checked, with defaults. */
export type CallReconnectSettings = Omit<ReconnectSettings, 'onReconnect'>;

/** The table of {@link CallReconnectOptions}. */
export const callReconnectSettings: SettingsTable<CallReconnectSettings, CallReconnectOptions> = {
  maxAttempts: setting.integer({ default: 10, min: 0, orInfinity: true }),
  baseDelayMs: setting.durationMs({ default: 5_000, min: 0, finite: true }),
  maxDelayMs: setting.durationMs({ default: 20_000, min: 0, finite: true }),
  resetAfterMs: setting.durationMs({ default: 10_000, min: 0, finite: true }),
  budget: budgetSetting,
  codes: setting.record(setting.boolean(), { default: {} }),
  onRetry: setting.callback<(notice: ReconnectWait) => void>({ optional: true }),
};

const reconnectSettings: SettingsTable<ReconnectSettings, ReconnectOptions> = {
  ...callReconnectSettings,
  onReconnect: setting.callback<(notice: ReconnectNotice) => void | Promise<void>>({
    optional: true,
  }),
};

const group = setting.group(reconnectSettings, { orFalse: true });

/** The setting of `reconnect`: `true` for the defaults, `false` for never. */
export const reconnectSetting: SettingsTable<
  { readonly reconnect: ReconnectSettings | false },
  { readonly reconnect?: boolean | ReconnectOptions | undefined }
>['reconnect'] = setting.custom<ReconnectSettings | false, boolean | ReconnectOptions>({
  default: false,
  env: false,
  expected: 'true, false or an object',
  check: (value, report) => group.read(value === true ? {} : value, report),
});

/** How a connection is made again that is there to be made again, and of which nobody has said how. */
export function defaultReconnect(): ReconnectSettings {
  return reconnectSetting.read(true, () => {}) as ReconnectSettings;
}
