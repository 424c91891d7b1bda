import type { Clock } from '@linkspan/concurrency';
import { clientSettings, setting, type SettingsTable } from '@linkspan/core';

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

/** What a session works with, beside its own settings. */
export interface SessionClocks {
  /** How long the peer may take to end its side after ours has ended. */
  readonly closeMs: number;
  /** How long the first frame of a connection may take. */
  readonly handshakeMs: number;
  readonly clock: Clock;
}

/** The table of {@link SessionClocks}. */
export const sessionClocks: SettingsTable<SessionClocks, Partial<SessionClocks>> = {
  closeMs: setting.durationMs({ default: 5_000, finite: true }),
  handshakeMs: setting.durationMs({ default: 10_000 }),
  clock: clientSettings.clock,
};
