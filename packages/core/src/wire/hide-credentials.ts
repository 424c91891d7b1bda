import { createBody } from '../authoring/create-body.ts';
import { hideSecrets } from '../secrets/hide-secrets.ts';
import { secretsOfField } from '../secrets/redact-headers.ts';
import type { CallContext, TransportResponse } from '../transport.ts';

/** How much of a refused answer is kept: no layer above reads more of it. */
const LONGEST_READ = 64 * 1024;

const encoder = new TextEncoder();

/**
 * Takes the credentials that a request was signed with out of an answer that refuses it: some peers
 * repeat the key that they do not accept, and the answer's text becomes part of an error. Every
 * answer is handed on with what errors about it must hide.
 */
export async function hideCredentials(
  answer: TransportResponse,
  headers: Readonly<Record<string, string>>,
  context: CallContext,
): Promise<TransportResponse> {
  const { status } = answer;
  const secrets = [...secretsOf(headers), ...(answer.secrets ?? [])];
  if (status === undefined || context.acceptStatus(status)) return { ...answer, secrets };
  // One character a byte: what is not a secret comes out as it was.
  const text = hideSecrets(await readStart(answer), secrets.map(asBytes));
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return { ...answer, secrets, body: createBody([bytes], context) };
}

/** Whatever their names: the credentials said that these headers are theirs. */
function secretsOf(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) => [...secretsOfField(name, value)]);
}

/** A text as its bytes in UTF-8, a character for each. */
function asBytes(text: string): string {
  return String.fromCharCode(...encoder.encode(text));
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
