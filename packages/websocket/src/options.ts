import { setting, type SettingsTable } from '@linkspan/core';
import { BaseUrl } from '@linkspan/core/wire';
import {
  type CallReconnectOptions,
  type CallReconnectSettings,
  callReconnectSettings,
} from './client/reconnect-options.ts';
import {
  type ConnectionOptions,
  type ConnectionSettings,
  connectionSettings,
  reported,
} from './connect/connection-options.ts';
import {
  type SessionClientOptions,
  type SessionClientSettings,
  sessionSetting,
} from './session/session-options.ts';

/** What {@link webSocketTransport} takes. Durations are milliseconds. */
export interface WebSocketTransportOptions extends ConnectionOptions {
  /** The origin and path that targets are under; without it every target is an absolute URL. */
  readonly baseUrl?: string | URL | undefined;
  /**
   * Whether each call is a session (`linkspan.session.v1`, see docs/session-protocol.md), which goes on
   * over another connection when one breaks: its messages are numbered, kept until the reader of the
   * peer has got them, and sent again, so that each comes once. The server has to speak it:
   * `acceptSessions()`. A call goes on within its deadline, as `reconnect` says. Whoever leaves the
   * body gives the session up. @default false
   */
  readonly session?: boolean | SessionClientOptions | undefined;
  /**
   * How the connections of a session are made again. The calls of a transport share the budget, in
   * which each of them is recorded when its first connection is made.
   */
  readonly reconnect?: CallReconnectOptions | undefined;
}

/** {@link WebSocketTransportOptions}, checked, with defaults. */
export interface WebSocketTransportSettings extends ConnectionSettings {
  readonly baseUrl: BaseUrl | undefined;
  readonly session: SessionClientSettings | false;
  readonly reconnect: CallReconnectSettings;
}

/** The table of {@link WebSocketTransportOptions}. */
export const webSocketTransportSettings: SettingsTable<
  WebSocketTransportSettings,
  WebSocketTransportOptions
> = {
  baseUrl: setting.custom<BaseUrl, string | URL>({
    optional: true,
    env: 'BASE_URL',
    expected: 'an absolute ws or wss URL',
    check: (value, report) =>
      typeof value === 'string' || value instanceof URL
        ? reported(report, () => new BaseUrl(value, ['ws', 'wss']))
        : undefined,
  }),
  session: sessionSetting,
  reconnect: setting.group(callReconnectSettings),
  ...connectionSettings,
};
