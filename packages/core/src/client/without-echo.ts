import type { Codec } from '../codec/json-codec.ts';
import { DeserializationError } from '../errors/transport-error.ts';
import { hideSecrets } from '../secrets/hide-secrets.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The failure to read an answer that repeats secrets of its request, without them. A codec shows a
 * few characters around the fault, which may begin or end within a secret: it is asked again about
 * the answer without its secrets.
 */
export function withoutEcho(
  error: unknown,
  bytes: Uint8Array,
  codec: Codec,
  secrets: readonly string[],
): unknown {
  if (!(error instanceof DeserializationError) || secrets.length === 0) return error;
  const text = decoder.decode(bytes);
  const hidden = hideSecrets(text, secrets);
  if (hidden === text) return error;
  if (error.code !== 'validation') {
    try {
      codec.decode(encoder.encode(hidden));
    } catch (other) {
      return other;
    }
  }
  const { code, phase, sent } = error;
  return new DeserializationError(hideSecrets(error.message, secrets), { code, phase, sent });
}
