// Proof that a transport keeps its word: a hostile server, mock upstreams, leak probes and
// conformance cases with faults in them, for authors of transports and for tests of applications.
export type { ConformanceCase, PromiseNumber } from './conformance/conformance-case.ts';
export type { ConformanceFixture, Peer, Stage } from './conformance/fixture.ts';
export type { Scene } from './conformance/scene.ts';
