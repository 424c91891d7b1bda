// Proof that a transport keeps its word: a hostile server, mock upstreams, leak probes and
// conformance cases with faults in them, for authors of transports and for tests of applications.
export type { ConformanceCase, PromiseNumber } from './conformance/conformance-case.ts';
export type { ConformanceFixture, Peer, Stage } from './conformance/fixture.ts';
export type { Scene } from './conformance/scene.ts';
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
