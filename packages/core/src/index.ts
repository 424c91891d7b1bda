export type { Body } from './body.ts';
export type {
  DecodeLimits,
  Dialect,
  FrameDecoder,
  Reading,
  StreamHead,
  StreamReader,
} from './dialect.ts';
export * from './errors/linkspan-error.ts';
export * from './errors/local-errors.ts';
export * from './errors/status-error.ts';
export * from './errors/transport-error.ts';
export type { Outcome, Usage } from './outcome.ts';
export { isReplayable, type Payload } from './payload.ts';
export { Secret, secret } from './secret.ts';
export * as setting from './settings/kinds.ts';
export { defineSettings, parseSettings } from './settings/parse-settings.ts';
export type {
  Alias,
  OptionsOf,
  Setting,
  SettingsEntries,
  SettingsOf,
  SettingsTable,
} from './settings/setting.ts';
export type {
  CallContext,
  Capabilities,
  ResponseHeaders,
  Send,
  Transport,
  TransportRequest,
  TransportResponse,
} from './transport.ts';
