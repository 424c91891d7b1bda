import type { TransportRequest } from 'linkspan';
import type { Cost } from 'linkspan/resilience';

/** How many characters a token has, about, in most languages of Europe. */
const TOKEN_LENGTH = 4;

/**
 * About how many tokens a model reads with a request. What it writes is not known before: it counts
 * when the answer tells it.
 */
export function estimateTokens({ payload }: Pick<TransportRequest, 'payload'>): Cost {
  switch (payload?.kind) {
    case 'bytes':
      return { inputTokens: Math.ceil(payload.bytes.length / TOKEN_LENGTH) };
    case 'value':
      return { inputTokens: countTokens(payload.value) };
    default:
      return {};
  }
}

/** About how many tokens a value has, as JSON. */
export function countTokens(value: unknown): number {
  return Math.ceil((JSON.stringify(value) ?? '').length / TOKEN_LENGTH);
}
