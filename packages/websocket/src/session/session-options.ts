import type { Clock } from '@linkspan/concurrency';
import { setting, type SettingsTable } from '@linkspan/core';

/** How a session is kept. Durations are milliseconds. */
export interface SessionOptions {
  /** How many messages may be unconfirmed before `send` waits. @default 1_024 */
  readonly maxUnconfirmed?: number | undefined;
  /** How many bytes of messages may be unconfirmed before `send` waits. @default 1 MiB */
  readonly maxUnconfirmedBytes?: number | undefined;
  /** How many messages the peer may send ahead of our reader. @default 1_024 */
  readonly maxUnread?: number | undefined;
  /** How many bytes the peer may send ahead of our reader; one message more is accepted. @default 1 MiB */
  readonly maxUnreadBytes?: number | undefined;
  /** How long an acknowledgement may wait for a message that carries it. @default 100 */
  readonly ackMs?: number | undefined;
}

/** How a client keeps its session. */
export interface SessionClientOptions extends SessionOptions {
  /**
   * Whether to go on without a session, as if it was not asked for, with a server that does not know
   * of them. Otherwise connecting to it fails with a ProtocolError. @default false
   */
  readonly orPlain?: boolean | undefined;
}

/** {@link SessionOptions}, checked, with defaults. */
export interface SessionSettings {
  readonly maxUnconfirmed: number;
  readonly maxUnconfirmedBytes: number;
  readonly maxUnread: number;
  readonly maxUnreadBytes: number;
  readonly ackMs: number;
}

/** The table of {@link SessionOptions}. */
export const sessionSettings: SettingsTable<SessionSettings, SessionOptions> = {
  maxUnconfirmed: setting.integer({ default: 1_024, min: 1 }),
  maxUnconfirmedBytes: setting.integer({ default: 1024 * 1024, min: 1 }),
  maxUnread: setting.integer({ default: 1_024, min: 1 }),
  maxUnreadBytes: setting.integer({ default: 1024 * 1024, min: 1 }),
  ackMs: setting.durationMs({ default: 100, min: 0, finite: true }),
};

/** {@link SessionClientOptions}, checked, with defaults. */
export interface SessionClientSettings extends SessionSettings {
  readonly orPlain: boolean;
}

const clientTable: SettingsTable<SessionClientSettings, SessionClientOptions> = {
  ...sessionSettings,
  orPlain: setting.boolean({ default: false }),
};

const group = setting.group(clientTable, { orFalse: true });

/** The setting of `session`: `true` for the defaults, `false` for none. */
export const sessionSetting: SettingsTable<
  { readonly session: SessionClientSettings | false },
  { readonly session?: boolean | SessionClientOptions | undefined }
>['session'] = setting.custom<SessionClientSettings | false, boolean | SessionClientOptions>({
  default: false,
  env: false,
  expected: 'true, false or an object',
  check: (value, report) => group.read(value === true ? {} : value, report),
});

/** What a session works with, beside its own settings. */
export interface SessionClocks {
  /** How long the peer may take to end its side after ours has ended. */
  readonly closeMs: number;
  /** How long the first frame of a connection may take. */
  readonly handshakeMs: number;
  readonly clock: Clock;
}
