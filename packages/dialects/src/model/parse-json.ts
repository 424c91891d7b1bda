import { DeserializationError, hideSecrets, redactText } from '@linkspan/core';

const MAX_SNIPPET_CHARS = 256;

/**
 * Parses JSON that a peer sent.
 *
 * @param secrets credentials of the request, which the peer may repeat.
 * @throws DeserializationError with the start of the text, credentials taken out. The message of
 * the platform is left out: it quotes the text as it is.
 */
export function parseJson(text: string, what: string, secrets: readonly string[] = []): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notJson(text, what, 'JSON', secrets);
  }
}

/** The failure of a text that is not the JSON it should be. */
export function notJson(
  text: string,
  what: string,
  expected: string,
  secrets: readonly string[],
): DeserializationError {
  const snippet = redactText(hideSecrets(text.slice(0, 4 * MAX_SNIPPET_CHARS), secrets)).slice(
    0,
    MAX_SNIPPET_CHARS,
  );
  return new DeserializationError(
    `Cannot decode ${what}: expected ${expected}, found ${JSON.stringify(snippet)}`,
    { code: 'decode_json' },
  );
}
