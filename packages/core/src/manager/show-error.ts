import { type FailureKind, LinkspanError } from '../errors/linkspan-error.ts';
import { TransportError } from '../errors/transport-error.ts';
import { hideSecrets } from '../secrets/hide-secrets.ts';
import { redactText } from '../secrets/redact-text.ts';

/** What failed, as a failure of ours: what a probe or a foreign client throws may be anything. */
export function asFailure(error: unknown, message: string, transport: string): LinkspanError {
  if (error instanceof LinkspanError) {
    error.transport ??= transport;
    return error;
  }
  return new TransportError(message, { code: 'probe', sent: 'maybe', transport, cause: error });
}

/** A failure as plain JSON, without secrets: what its `toJSON()` tells. */
export interface ErrorReport extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly kind: FailureKind;
  readonly code: string;
  readonly message: string;
}

/**
 * A failure as plain JSON. It is redacted again, against the secrets of the client: text of a user's
 * own error may hold anything, and is shown on pages that many can see.
 */
export function showError(error: LinkspanError, secrets: readonly string[]): ErrorReport {
  const show = (_name: string, value: unknown): unknown => {
    if (typeof value === 'string') return hideSecrets(redactText(value), secrets);
    // JSON has no bigints, and knows no Infinity.
    return typeof value === 'bigint' || value === Infinity ? String(value) : value;
  };
  try {
    return JSON.parse(JSON.stringify(error.toJSON(), show)) as ErrorReport;
  } catch {
    // A class of somebody else's, with what JSON cannot write.
    const { name, kind, code, message } = error;
    return { name, kind, code, message: hideSecrets(redactText(message), secrets) };
  }
}
