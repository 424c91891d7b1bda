// Proof that a transport keeps its word: a hostile server, mock upstreams, leak probes and
// conformance cases with faults in them, for authors of transports and for tests of applications.
export { checkFixture, FixtureError } from './conformance/check-fixture.ts';
export type {
  CaseOptions,
  ConformanceCase,
  PromiseNumber,
} from './conformance/conformance-case.ts';
export { conformanceCases } from './conformance/conformance-cases.ts';
export {
  type BadgeEndpoint,
  type ConformanceBadge,
  conformanceBadge,
} from './conformance/conformance-badge.ts';
export type { ConformanceFixture, Peer, Stage } from './conformance/fixture.ts';
export { httpFixture, type HttpFixtureOptions } from './conformance/http-fixture.ts';
export { memoryFixture, type MemoryFixtureOptions } from './conformance/memory-fixture.ts';
export { type CaseResult, type CaseRun, runCase } from './conformance/run-case.ts';
export {
  type ConformanceOptions,
  type ConformanceReport,
  runConformance,
} from './conformance/run-conformance.ts';
export type { Scene } from './conformance/scene.ts';
export { withMiddleware } from './conformance/with-middleware.ts';
export {
  type LeakCheckOptions,
  type LeakProbe,
  leakProbe,
  type LeakProbeOptions,
  type LeakReport,
} from './probes/leak-probe.ts';
export type { AddedListeners, Listened } from './probes/listener-counts.ts';
export type { OpenHandle } from './probes/open-handles.ts';
export { TestClock, testClock, type TestClockOptions } from './probes/test-clock.ts';
export * as fault from './faults/memory-faults.ts';
export type { Chunks, FaultyHead, StatusOptions } from './faults/memory-faults.ts';
export { sequence, type Step } from './faults/sequence.ts';
export { type SampleName, sampleStreams } from './samples/sample-streams.ts';
export { dataEvent, namedEvent, type StreamSample } from './samples/stream-sample.ts';
export type { AnswerHeaders, FaultExchange } from './fault-server/fault-exchange.ts';
export {
  type FaultScheme,
  faultServer,
  type FaultServer,
  type FaultServerOptions,
  type SequenceStep,
} from './fault-server/fault-server.ts';
export type {
  Fault,
  FaultNumbers,
  NoNumbers,
  Origins,
  Place,
  Play,
  Wire,
} from './fault-server/fault.ts';
export { type FaultId, faults, type FaultsById, type ListedFault } from './fault-server/faults.ts';
export type { SeenRequest } from './fault-server/seen-request.ts';
export type { ServerEvent } from './fault-server/server-log.ts';
export {
  type StreamFault,
  type StreamFaultOptions,
  streamFaults,
} from './fault-server/stream-faults.ts';
export {
  closePayload,
  encodeFrame,
  type FrameFacts,
  opcode,
  type SeenFrame,
} from './fault-server/web-socket-frames.ts';
export type { WebSocketAnswer, WebSocketWire } from './fault-server/web-socket-wire.ts';
export type {
  Cassette,
  Exchange,
  RecordedAnswer,
  RecordedBytes,
  RecordedChunk,
  RecordedContent,
  RecordedEnd,
  RecordedFailure,
  RecordedPayload,
  RecordedRequest,
  RecordedResult,
} from './cassettes/cassette.ts';
export { loadCassette, saveCassette } from './cassettes/cassette-file.ts';
export { type RecordingMiddleware, recordingMiddleware } from './cassettes/recording-middleware.ts';
export type { RecordingOptions } from './cassettes/recording-options.ts';
export { type RecordingTransport, recordingTransport } from './cassettes/recording-transport.ts';
export type { RedactHook, TextPart } from './cassettes/redaction.ts';
export {
  type MatchRequest,
  type ReplayOptions,
  type ReplayTransport,
  replayTransport,
} from './cassettes/replay-transport.ts';
export {
  type MockModel,
  type MockUpstream,
  mockUpstreams,
  type MockUpstreams,
  type MockUpstreamsOptions,
} from './upstreams/mock-upstreams.ts';
export type { JsonReplier, JsonReply, JsonRequest } from './upstreams/json/json-upstream.ts';
export type { McpTool, McpToolReply } from './upstreams/mcp/mcp-tools.ts';
export type {
  ModelRefusal,
  ModelReply,
  ReplyToolCall,
  ReplyUsage,
} from './upstreams/model/model-reply.ts';
export type {
  ModelReplier,
  ModelRequest,
  Replying,
  ReplyOptions,
} from './upstreams/model/reply-script.ts';
export type { ReceivedRequest, UpstreamName } from './upstreams/received-request.ts';
export type { Schedule } from './upstreams/schedule.ts';
export type {
  CutDetails,
  HintDetails,
  PageDetails,
  PlaceDetails,
  Stumble,
  StumbleDetails,
  StumbleKind,
} from './upstreams/stumble.ts';
export type { StumbleChooser, Stumbling } from './upstreams/stumble-script.ts';
export type { Pace } from './upstreams/timeline.ts';
export type {
  WebSocketMessage,
  WebSocketReplier,
} from './upstreams/web-socket/web-socket-upstream.ts';
