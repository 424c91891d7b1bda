import { LinkspanError } from '../errors/linkspan-error.ts';
import {
  StreamGapError,
  StreamIncompleteError,
  TransportError,
} from '../errors/transport-error.ts';

/** How a stream ends by itself, once the events before it are handed over. */
export type StreamEnding =
  | { readonly status: 'complete'; readonly terminator: string | undefined }
  | {
      readonly status: 'incomplete' | 'failed';
      readonly error: LinkspanError;
      /**
       * Whose it is: the `wire` broke, or was silent for too long; the `peer` reported it; or the
       * `client` cannot, or will not, read on.
       */
      readonly by: 'wire' | 'peer' | 'client';
    };

/** The stream that is spoken of in a failure. */
export interface StreamName {
  readonly dialect: string;
  readonly requestId: string | undefined;
}

/** The bytes ended before the terminator. */
export function cutShort(
  { dialect, requestId }: StreamName,
  eventCount: number,
  cause?: unknown,
): StreamIncompleteError {
  const events = eventCount === 1 ? '1 event' : `${eventCount} events`;
  return new StreamIncompleteError(
    `Cannot complete the ${dialect} stream: the bytes ended before its terminator, after ${events}`,
    { cause, requestId },
  );
}

/** The stream ended as it should, and there was nothing in it. */
export function emptyStream({ dialect, requestId }: StreamName): StreamIncompleteError {
  return new StreamIncompleteError(
    `Cannot complete the ${dialect} stream: it ended without a single event`,
    { code: 'empty_stream', requestId },
  );
}

/** A peer that started over ended the stream before it came to where it was. */
export function endsBehind({ dialect, requestId }: StreamName): StreamGapError {
  return new StreamGapError(
    `Cannot go on with the ${dialect} stream: the peer ends it before the event that was read last`,
    { requestId },
  );
}

/** What a body failed with, as a failure of the stream. */
export function toFailure(error: unknown): LinkspanError {
  if (error instanceof LinkspanError) return error;
  return new TransportError('Cannot read the stream: its body failed', {
    code: 'body_failed',
    phase: 'body',
    sent: 'yes',
    cause: error,
  });
}
