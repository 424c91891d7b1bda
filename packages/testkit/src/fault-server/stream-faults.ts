import type { Play } from './fault.ts';
import type { StreamSample } from '../samples/stream-sample.ts';
import { splitSample, type StreamParts } from './stream-parts.ts';
import { answersOfOtherKinds } from './stream-answer-faults.ts';
import { cutStreams, sendParts } from './stream-cut-faults.ts';
import { streamsOfOtherForms } from './stream-form-faults.ts';

/** Where and how fast the faults of a stream come. */
export interface StreamFaultOptions {
  /**
   * How many events come before the fault: from 0 to all but the last. Loop over it to cut a stream
   * at every boundary. @default half of those before the terminator
   */
  readonly cutAfterEvents?: number | undefined;
  /** How long the server waits between two comments or two events without progress. @default 5 */
  readonly everyMs?: number | undefined;
}

/** One way for a stream to go wrong, made of a good one. */
export interface StreamFault {
  readonly id: string;
  /** What the server does, in a sentence. */
  readonly title: string;
  /**
   * What a client may call the stream. `complete`: it is all there, and a client that fails is too
   * strict. `not-complete`: it is not, and a client that says that it is complete has lost something
   * without a word. `either`: a client may read it as a whole, or fail; what it must not do is to
   * call complete what is shorter than the sample.
   */
  readonly expect: 'complete' | 'not-complete' | 'either';
  /** How many times to ask, one after another, on the same connection; the last answer counts. */
  readonly requests: number;
  /** For `server.script()`. */
  readonly play: Play;
}

/** What a fault is, beside its id. */
export interface StreamFaultFacts {
  readonly title: string;
  readonly expect: StreamFault['expect'];
  readonly requests?: number;
  readonly play: Play;
}

/** Faults by id; one that cannot be made of the sample is absent. */
export type StreamFaultTable = Readonly<Record<string, StreamFaultFacts | undefined>>;

/**
 * The faults that every streaming protocol can meet, as variants of one good stream: cut in every
 * way, silent, endless, wrong, written in every form that the wire allows, and answered with what is
 * no stream at all.
 *
 * ```ts
 * for (const { id, expect, play } of streamFaults(sample)) {
 *   const url = server.script(play);
 *   // read the stream at `url` with the client under test, with clocks of some 100 ms
 * }
 * ```
 *
 * What cannot be made of the sample is left out: comments of NDJSON, or an end before the terminator
 * of a protocol that has none.
 *
 * @throws ConfigurationError with everything that is wrong with the sample and the options.
 */
export function streamFaults(
  sample: StreamSample,
  options: StreamFaultOptions = {},
): readonly StreamFault[] {
  const parts = splitSample(sample, options.cutAfterEvents);
  const everyMs = options.everyMs ?? 5;
  const table: StreamFaultTable = {
    good: goodStream(parts),
    ...cutStreams(parts, everyMs),
    ...streamsOfOtherForms(parts),
    ...answersOfOtherKinds(parts),
  };
  return Object.entries(table).flatMap(([id, facts]) =>
    facts === undefined ? [] : [{ requests: 1, ...facts, id }],
  );
}

function goodStream(parts: StreamParts): StreamFaultFacts {
  return {
    title: 'streams the sample as it is',
    expect: 'complete',
    play: (exchange) => sendParts(exchange, parts, parts.events, 'whole'),
  };
}
