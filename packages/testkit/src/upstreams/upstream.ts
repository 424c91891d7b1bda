import type { Clock } from '@linkspan/concurrency';
import type { Answer, ValueAnswer } from './answer.ts';
import type { FaultTable, ProviderFault } from './fault.ts';
import type { Mint } from './mint.ts';
import type { ReceivedRequest, UpstreamName } from './received-request.ts';
import type { StumbleScript } from './stumble-script.ts';
import type { Pace } from './timeline.ts';

/** A request on its way to an upstream. */
export interface UpstreamRequest extends ReceivedRequest {
  /** The path below that of the upstream: `'/chat/completions'`. */
  readonly route: string;
}

/** One of the services that a server plays. */
export interface Upstream {
  readonly name: UpstreamName;
  /** Its paths begin with this: `'/openai/v1'`. */
  readonly prefix: string;
  readonly stumbles: StumbleScript;
  /** How it refuses a request, by the stumble. */
  readonly faults: FaultTable;
  /** What it answers without a stumble. */
  answer(request: UpstreamRequest): Answer | Promise<Answer>;
  /** An error in its own form, with its own headers. */
  refuse(fault: ProviderFault, request: UpstreamRequest): ValueAnswer;
}

/** What the upstreams of one server have in common. */
export interface UpstreamContext {
  readonly clock: Clock;
  readonly mint: Mint;
  readonly pace: Pace;
  readonly seed: number;
}
