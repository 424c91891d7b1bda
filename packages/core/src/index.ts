/**
 * The contract of Linkspan: one shape for every transport, one failure model over every wire, and
 * streams that cannot end quietly. `createClient()` makes a client of any transport; authors of
 * transports, dialects and middleware find here the types they implement and the tools they need.
 */
export { type Clock, Deadline, isCancelled } from '@linkspan/concurrency';
export type { Body, ChunkFeed, ChunkSink, CloseReason } from './body.ts';
export {
  attemptTimeoutError,
  deadlineError,
  idleTimeoutError,
  type TimeoutPlace,
} from './authoring/call-timeout.ts';
export type { BatchItem, BatchItems } from './client/batch.ts';
export type { BatchOptions, BatchResult, BatchStreamOptions } from './client/batch-options.ts';
export {
  type CallOptions,
  deadlineSetting,
  type OpenOptions,
  signalSetting,
  type StreamOptions,
} from './client/call-options.ts';
export { type Channel, type ChannelEnd, openChannel } from './client/channel.ts';
export type { Client } from './client/client.ts';
export {
  type ClientBaseOptions,
  type ClientSettings,
  clientSettings,
  type StreamDefaultsOptions,
} from './client/client-options.ts';
export {
  ClientResponse,
  type ReadLimits,
  type ResponseStreamOptions,
} from './client/client-response.ts';
export {
  type AnyTransport,
  type ChunkOf,
  type ClientOptions,
  type ConfigOptions,
  createClient,
  type InitOf,
  type NamedClientOptions,
} from './client/create-client.ts';
export type { SafeClient } from './client/safe-client.ts';
export { createBody, type FailableBody } from './authoring/create-body.ts';
export type {
  DecodeLimits,
  Dialect,
  FrameDecoder,
  Reading,
  ResumeRule,
  StreamHead,
  StreamPlace,
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
export { RpcError, type RpcFacts } from './errors/rpc-error.ts';
export { addToMessage } from './errors/add-to-message.ts';
export type { ProviderError } from './errors/provider-error.ts';
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
export { createEventStream, openEventStream } from './stream/create-event-stream.ts';
export { EventStream, type EventStreamOptions } from './stream/event-stream.ts';
export type { Cursor, CursorStore } from './stream/cursor.ts';
export type { ResumeNotice, ResumeOptions } from './stream/resume-options.ts';
export { EventStreamPromise } from './stream/event-stream-promise.ts';
export { HeadRace } from './authoring/head-race.ts';
export { Inbox, type InboxOptions } from './authoring/inbox.ts';
export {
  onError,
  type OnError,
  onRequest,
  type OnRequest,
  onResponse,
  type OnResponse,
  type RetryDecision,
} from './middleware/hooks.ts';
export type { CallSnapshot, InFlightCall } from './client/in-flight-call.ts';
export type { CallExplanation, TimelineEntry } from './client/explain-call.ts';
export type { LimitingOption } from './client/limiting-option.ts';
export type { CallEvent, FailureNote } from './client/call-trail.ts';
export { isIdempotent } from './middleware/is-idempotent.ts';
export {
  type MemoryAnswer,
  type MemoryCall,
  type MemoryHandler,
  memoryTransport,
  type MemoryTransportOptions,
} from './authoring/memory-transport.ts';
export { applyMiddleware, type Middleware } from './middleware/middleware.ts';
export { OpenCalls } from './authoring/open-calls.ts';
export type { Outcome, Usage } from './outcome.ts';
export { pause } from './middleware/pause.ts';
export { waitSignal } from './middleware/wait-signal.ts';
export { isReplayable, type Payload } from './payload.ts';
export { reportHookError } from './middleware/report-hook-error.ts';
export { raiseForStatus } from './middleware/raise-for-status.ts';
export { isSecretHeader, redactHeaders, secretValues } from './secrets/redact-headers.ts';
export { hideSecrets } from './secrets/hide-secrets.ts';
export { requestSecrets } from './secrets/request-secrets.ts';
export { redactText } from './secrets/redact-text.ts';
export { redactUrl } from './secrets/redact-url.ts';
export { type Result, toResult } from './result.ts';
export { type AttemptBudget, budgetSetting } from './middleware/attempt-budget.ts';
export { retry } from './middleware/retry.ts';
export { type RetryPolicy, retryPolicy } from './middleware/retry-policy.ts';
export { RetrySchedule, type RetryScheduleSettings } from './middleware/retry-schedule.ts';
export { parseHttpDate, readRetryAfterMs } from './errors/retry-after.ts';
export type { BucketName, RateLimitBucket } from './rate-limit/rate-limit-bucket.ts';
export {
  type LimitedAnswer,
  type RateLimitReading,
  readRateLimit,
} from './rate-limit/read-rate-limit.ts';
export {
  type RetryList,
  type RetryNotice,
  type RetryOn,
  type RetryOptions,
  type RetrySettings,
  retrySettings,
} from './middleware/retry-options.ts';
export { REDACTED, Secret, secret } from './secrets/secret.ts';
export { type Environment, getEnvBool, getEnvDict } from './settings/environment.ts';
export { type Explanation, explainConfig } from './settings/explain-config.ts';
export * as setting from './settings/kinds.ts';
export { defineSettings, parseSettings } from './settings/parse-settings.ts';
export { type ConfigSources, type EnvAlias, resolveConfig } from './settings/resolve-config.ts';
export type {
  Alias,
  OptionsOf,
  Setting,
  SettingsEntries,
  SettingsOf,
  SettingsTable,
} from './settings/setting.ts';
export { type StreamMessage, tagMessages } from './stream/stream-message.ts';
export type {
  CallContext,
  Capabilities,
  ResponseHeaders,
  Send,
  Transport,
  TransportRequest,
  TransportResponse,
} from './transport.ts';
export {
  type Codec,
  createJsonCodec,
  jsonCodec,
  type JsonCodecOptions,
  type JsonReviver,
  parseJson,
} from './codec/json-codec.ts';
export { BinaryMessage } from './messages/binary-message.ts';
export {
  HttpMessage,
  type HttpMessageContent,
  type HttpMessageFile,
  type HttpMessageInit,
} from './messages/http-message.ts';
export { JsonMessage } from './messages/json-message.ts';
export type {
  DecodeMessageOptions,
  Message,
  MessageCodec,
  MessageHeaders,
} from './messages/message.ts';
export { validate } from './standard-schema.ts';
export { readAnswerUsage, readUsage } from './usage/read-usage.ts';
export { type UsageMeter, withMeter } from './usage/usage-meter.ts';
export {
  type TransportFactory,
  type TransportLookup,
  TransportRegistry,
} from './transport-registry.ts';
