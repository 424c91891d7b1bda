import { ProtocolError } from '@linkspan/core';

/**
 * More parts of a kind (tool calls, choices, blocks) than any answer has: a peer that numbers them
 * without end fills no memory.
 */
export const MAX_PARTS = 1024;

/** The failure of a stream that has more of something than a limit. */
export function tooMany(what: string, limit: number = MAX_PARTS): ProtocolError {
  return new ProtocolError(`Cannot read the stream: it has more than ${limit} ${what}`, {
    code: `too_many_${what.replaceAll(' ', '_')}`,
    phase: 'body',
  });
}
