import type { Transport, TransportRequest } from '@linkspan/core';
import type { Scene } from './scene.ts';

/** What the author of a transport writes, once, to have it proven. */
export interface ConformanceFixture {
  /** What the report calls the transport. */
  readonly name: string;
  /** Puts up a stage of its own for one case: a new transport, and a new peer for it to talk to. */
  open(): Promise<Stage>;
}

/** A transport, and a peer that plays what a case asks for. */
export interface Stage {
  /** Whatever its own way of writing a request: the kit sends the common one. */
  readonly transport: Transport<Uint8Array, never>;
  /**
   * The request that has the peer play this scene, once. The kit sends it as it is, or with a payload
   * added: to `echo`, `answer`, `deaf`, `refuse` and `converse`.
   */
  request(scene: Scene): TransportRequest;
  /** What the peer sees. The kit believes it, and not what the transport says of itself. */
  readonly peer: Peer;
  /** Takes the peer down, and with it what is left of the wire. The transport is closed before. */
  close(): Promise<void>;
}

/** The peer's own view. Everything counts from the opening of the stage. */
export interface Peer {
  /** How many requests arrived, those of a retry included. */
  readonly requests: number;
  /** How many of them the peer is busy with: taken, and neither answered to the end nor left. */
  readonly busy: number;
  /** How many connections are open; for wires without connections, the same as {@link busy}. */
  readonly connections: number;
  /** How many bytes of floods were given to the wire. */
  readonly flooded: number;
}
