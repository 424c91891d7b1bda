import { type CallContext, createBody, REDACTED, type TransportResponse } from '@linkspan/core';

/** How much of a refused answer is kept: no layer above reads more of it. */
const LONGEST_READ = 64 * 1024;

/** Shorter values are no secrets, and would blank out what is no echo. */
const SHORTEST_SECRET = 4;

/**
 * Takes the credentials that a request was signed with out of an answer that refuses it: some peers
 * repeat the key that they do not accept, and the answer's text becomes part of an error. Answers
 * that are accepted are handed on as they are.
 */
export async function hideCredentials(
  answer: TransportResponse,
  headers: Readonly<Record<string, string>>,
  context: CallContext,
): Promise<TransportResponse> {
  const { status } = answer;
  if (status === undefined || context.acceptStatus(status)) return answer;
  // Latin-1 gives every byte back as it was.
  let text = (await readStart(answer)).toString('latin1');
  for (const value of Object.values(headers)) {
    const credentials = value.slice(value.indexOf(' ') + 1);
    for (const secret of [value, credentials]) {
      if (secret.length >= SHORTEST_SECRET) text = text.replaceAll(secret, REDACTED);
    }
  }
  return { ...answer, body: createBody([Buffer.from(text, 'latin1')], context) };
}

async function readStart({ body }: TransportResponse): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length >= LONGEST_READ) break;
    }
  } catch {
    // The status says more than the body that broke; clocks and aborts are told by the layers above.
  }
  return Buffer.concat(chunks).subarray(0, LONGEST_READ);
}
