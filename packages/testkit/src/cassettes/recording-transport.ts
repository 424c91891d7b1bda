import {
  type CallContext,
  parseSettings,
  type Transport,
  type TransportRequest,
} from '@linkspan/core';
import { CallTapes } from './call-tapes.ts';
import type { Cassette } from './cassette.ts';
import { type RecordingOptions, recordingSettings } from './recording-options.ts';

/** A transport that listens to another. */
export interface RecordingTransport<Init = TransportRequest> extends Transport<Uint8Array, Init> {
  /**
   * What was recorded up to now, without its secrets. A body that is still being read counts as
   * left where it is.
   */
  cassette(): Cassette;
}

/**
 * Records the calls that another transport makes: requests, heads, chunks of bodies, how each body
 * ended, and failures with their facts. To its caller it is that transport: same name, same
 * capabilities, same answers and errors, and it reads nothing that is not asked for.
 *
 * Secrets are taken out when the cassette is taken: the values of all headers but the harmless
 * ones, userinfo and secret values of URLs, what looks like a credential in payloads, bodies and
 * messages, and what the request's own secret headers say wherever it appears.
 *
 * @throws ConfigurationError when an option is wrong.
 */
export function recordingTransport<Init = TransportRequest>(
  inner: Transport<Uint8Array, Init>,
  options: RecordingOptions = {},
): RecordingTransport<Init> {
  const settings = parseSettings('recordingTransport()', recordingSettings, options);
  const tapes = new CallTapes(settings);
  return {
    name: inner.name,
    capabilities: inner.capabilities,
    connect: (context) => inner.connect(context),
    send: tapes.listen(inner.send),
    ...(inner.prepare !== undefined && { prepare: (init: Init) => inner.prepare!(init) }),
    ...(inner.probe !== undefined && { probe: (context: CallContext) => inner.probe!(context) }),
    close: (closing) => inner.close(closing),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    cassette: () => tapes.cassette(inner),
  };
}
