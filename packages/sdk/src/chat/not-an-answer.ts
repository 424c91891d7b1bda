import { DeserializationError, readRequestId, type StreamHead } from '@linkspan/core';

/** The failure of a whole answer that is not what the provider's answers look like. */
export function notAnAnswer(
  expected: string,
  found: unknown,
  head: StreamHead,
): DeserializationError {
  const names =
    typeof found === 'object' && found !== null
      ? `an object with ${Object.keys(found).slice(0, 8).join(', ') || 'nothing in it'}`
      : typeof found;
  return new DeserializationError(`Cannot read the answer: expected ${expected}, found ${names}`, {
    code: 'not_an_answer',
    phase: 'body',
    sent: 'yes',
    requestId: readRequestId(head.headers),
  });
}
