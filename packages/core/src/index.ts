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
export type {
  CallContext,
  Capabilities,
  ResponseHeaders,
  Send,
  Transport,
  TransportRequest,
  TransportResponse,
} from './transport.ts';
