import { parseSettings, type Send } from '@linkspan/core';
import { CallTapes } from './call-tapes.ts';
import type { Cassette } from './cassette.ts';
import { type RecordingOptions, recordingSettings } from './recording-options.ts';

/** A middleware does not see what is below it: payloads are read to their end before an answer. */
const below: Cassette['transport'] = {
  name: 'recorded',
  capabilities: { streaming: true, upload: true, duplex: false, status: true },
};

/** A middleware that listens. */
export interface RecordingMiddleware {
  (next: Send): Send;
  /** What was recorded up to now, without its secrets. */
  cassette(): Cassette;
}

/**
 * Records as `recordingTransport()` does, where a client makes its transport itself:
 * `createHttpClient({ middleware: [recording] })`. It stands above the credentials, which it never
 * sees, and above the check of statuses: a status that is a failure is recorded as that failure.
 *
 * Its cassette is played in the same place, by the middleware `() => replayTransport(cassette).send`,
 * behind which nothing is sent.
 *
 * @throws ConfigurationError when an option is wrong.
 */
export function recordingMiddleware(options: RecordingOptions = {}): RecordingMiddleware {
  const settings = parseSettings('recordingMiddleware()', recordingSettings, options);
  const tapes = new CallTapes(settings);
  const listen = (next: Send): Send => tapes.listen(next);
  return Object.assign(listen, { cassette: () => tapes.cassette(below) });
}
