export type { Body } from './body.ts';
export type {
  DecodeLimits,
  Dialect,
  FrameDecoder,
  Reading,
  StreamHead,
  StreamReader,
} from './dialect.ts';
export {
  type FailureFacts,
  type FailureKind,
  isLinkspanError,
  LinkspanError,
  nameErrorClass,
  type Phase,
  type Retryable,
  type Sent,
  withDefaults,
} from './errors/linkspan-error.ts';
export {
  CircuitOpenError,
  type ClockName,
  ClosedError,
  ConfigurationError,
  type ConfigurationIssue,
  PoolExhaustedError,
  RateLimitExceededError,
  TimeoutError,
} from './errors/local-errors.ts';
export {
  AuthenticationError,
  BadGatewayError,
  ConflictError,
  GatewayTimeoutError,
  InvalidRequestError,
  NotFoundError,
  OverloadedError,
  PermissionError,
  QuotaExhaustedError,
  RateLimitError,
  RequestTimeoutError,
  RequestTooLargeError,
  ServerError,
  StatusError,
  type StatusFacts,
} from './errors/status-error.ts';
export { type FailedAnswer, readRequestId, statusError } from './errors/status-to-error.ts';
export { type CauseSummary, summarizeCause } from './errors/summarize-cause.ts';
export {
  ConnectionError,
  ConnectionError as NetworkError,
  ConnectionRefusedError,
  ConnectionResetError,
  ConnectionTimeoutError,
  DeserializationError,
  DnsError,
  MessageError,
  MessageTooLargeError,
  ProtocolError,
  SerializationError,
  StreamGapError,
  StreamIncompleteError,
  TlsError,
  TransportError,
} from './errors/transport-error.ts';
export {
  createEventStream,
  EventStream,
  type EventStreamOptions,
  openEventStream,
} from './event-stream.ts';
export { EventStreamPromise } from './event-stream-promise.ts';
export type { Outcome, Usage } from './outcome.ts';
export { isReplayable, type Payload } from './payload.ts';
export { isSecretHeader, redactHeaders, secretValues } from './redact-headers.ts';
export { redactText } from './redact-text.ts';
export { redactUrl } from './redact-url.ts';
export { isCancelled, type Result, toResult } from './result.ts';
export { parseHttpDate, readRetryAfterMs } from './retry-after.ts';
export { REDACTED, Secret, secret } from './secret.ts';
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
export type { StreamMessage } from './stream-message.ts';
export type {
  CallContext,
  Capabilities,
  ResponseHeaders,
  Send,
  Transport,
  TransportRequest,
  TransportResponse,
} from './transport.ts';
