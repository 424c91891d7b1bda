import {
  DeserializationError,
  hideSecrets,
  parseJson,
  readRequestId,
  redactText,
  type StreamHead,
} from '@linkspan/core';

/**
 * Reads a whole answer as JSON.
 *
 * @throws DeserializationError which shows where it is wrong, and no credential of the request.
 */
export function readJsonAnswer(text: string, head: StreamHead): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw unreadable((error as Error).message, 'decode_json', head);
  }
}

/** The failure of a whole answer that is not what the provider's answers look like. */
export function notAnAnswer(
  expected: string,
  found: unknown,
  head: StreamHead,
): DeserializationError {
  const what =
    typeof found === 'object' && found !== null
      ? `an object with ${Object.keys(found).slice(0, 8).join(', ') || 'nothing in it'}`
      : typeof found;
  const message = `Cannot read the answer: expected ${expected}, found ${what}`;
  return unreadable(message, 'not_an_answer', head);
}

function unreadable(message: string, code: string, head: StreamHead): DeserializationError {
  return new DeserializationError(redactText(hideSecrets(message, head.secrets)), {
    code,
    phase: 'body',
    sent: 'yes',
    requestId: readRequestId(head.headers),
  });
}
