import { DeserializationError, redactText } from '@linkspan/core';

const MAX_SNIPPET_CHARS = 256;

/**
 * Parses JSON that a peer sent.
 *
 * @throws DeserializationError with the start of the text, credentials taken out. The message of
 * the platform is left out: it quotes the text as it is.
 */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notJson(text, what);
  }
}

/** The failure of a text that is not the JSON it should be. */
export function notJson(text: string, what: string, expected = 'JSON'): DeserializationError {
  const snippet = redactText(text.slice(0, 4 * MAX_SNIPPET_CHARS)).slice(0, MAX_SNIPPET_CHARS);
  return new DeserializationError(
    `Cannot decode ${what}: expected ${expected}, found ${JSON.stringify(snippet)}`,
    { code: 'decode_json' },
  );
}
