import { createBody } from '../authoring/create-body.ts';
import { hideSecrets } from '../secrets/hide-secrets.ts';
import type { CallContext, TransportResponse } from '../transport.ts';

/** How much of a refused answer is kept: no layer above reads more of it. */
const LONGEST_READ = 64 * 1024;

/**
 * Takes the credentials that a request was signed with out of an answer that refuses it: some peers
 * repeat the key that they do not accept, and the answer's text becomes part of an error. An
 * answer that is accepted is handed on with what errors about it must hide.
 */
export async function hideCredentials(
  answer: TransportResponse,
  headers: Readonly<Record<string, string>>,
  context: CallContext,
): Promise<TransportResponse> {
  const { status } = answer;
  if (status === undefined || context.acceptStatus(status)) {
    return { ...answer, secrets: secretsOf(headers) };
  }
  // One character a byte: what is not a secret comes out as it was.
  const text = hideSecrets(await readStart(answer), secretsOf(headers));
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return { ...answer, body: createBody([bytes], context) };
}

/** The values, and what stands behind their scheme: `Bearer`, `Basic`. */
function secretsOf(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers).flatMap((value) => [value, value.slice(value.indexOf(' ') + 1)]);
}

/** The start of a body, a character for each byte. */
async function readStart({ body }: TransportResponse): Promise<string> {
  let text = '';
  try {
    for await (const chunk of body) {
      for (const byte of chunk.subarray(0, LONGEST_READ - text.length)) {
        text += String.fromCharCode(byte);
      }
      if (text.length >= LONGEST_READ) break;
    }
  } catch {
    // The status says more than the body that broke; clocks and aborts are told by the layers above.
  }
  return text;
}
