import { setting, type SettingsTable } from '@linkspan/core';
import { BaseUrl } from '@linkspan/core/wire';
import {
  type ConnectionOptions,
  type ConnectionSettings,
  connectionSettings,
  reported,
} from './connect/connection-options.ts';

/** What {@link webSocketTransport} takes. Durations are milliseconds. */
export interface WebSocketTransportOptions extends ConnectionOptions {
  /** The origin and path that targets are under; without it every target is an absolute URL. */
  readonly baseUrl?: string | URL | undefined;
}

/** {@link WebSocketTransportOptions}, checked, with defaults. */
export interface WebSocketTransportSettings extends ConnectionSettings {
  readonly baseUrl: BaseUrl | undefined;
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
  ...connectionSettings,
};
