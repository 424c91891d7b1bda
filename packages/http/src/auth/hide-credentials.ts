import { type CallContext, createBody, hideSecrets, type TransportResponse } from '@linkspan/core';

/** How much of a refused answer is kept: no layer above reads more of it. */
const LONGEST_READ = 64 * 1024;

/**
 * Takes the credentials that a request was signed with out of an answer that refuses it: some peers
 * repeat the key that they do not accept, and the answer's text becomes part of an error. An
 * answer that is accepted is handed on, a stream with what its errors must hide.
 */
export async function hideCredentials(
  answer: TransportResponse,
  headers: Readonly<Record<string, string>>,
  context: CallContext,
): Promise<TransportResponse> {
  const { status } = answer;
  if (status === undefined || context.acceptStatus(status)) {
    return context.streaming ? { ...answer, secrets: secretsOf(headers) } : answer;
  }
  // Latin-1 gives every byte back as it was.
  const text = hideSecrets((await readStart(answer)).toString('latin1'), secretsOf(headers));
  return { ...answer, body: createBody([Buffer.from(text, 'latin1')], context) };
}

/** The values, and what stands behind their scheme: `Bearer`, `Basic`. */
function secretsOf(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers).flatMap((value) => [value, value.slice(value.indexOf(' ') + 1)]);
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
