import { redactText } from '../secrets/redact-text.ts';

/** What is shown of the error that caused another. */
export interface CauseSummary {
  readonly name: string;
  readonly code?: string | number;
  readonly message: string;
  readonly cause?: CauseSummary;
  /** The failures that an `AggregateError` holds, the first few. */
  readonly errors?: readonly CauseSummary[];
}

const LONGEST_CHAIN = 5;
const MOST_ERRORS = 4;
const LONGEST_MESSAGE = 500;

/**
 * What helps of a foreign error: name, code and message, without what looks like a credential. Its
 * other properties (requests, headers, bodies, sockets) are left out.
 */
export function summarizeCause(cause: unknown, depth = 1): CauseSummary {
  if (typeof cause !== 'object' || cause === null) {
    return { name: typeof cause, message: clean(String(cause)) };
  }
  const facts = cause as {
    readonly name?: unknown;
    readonly code?: unknown;
    readonly message?: unknown;
    readonly cause?: unknown;
    readonly errors?: unknown;
  };
  const { name, code, message, errors } = facts;
  const deeper = depth < LONGEST_CHAIN;
  return {
    name: typeof name === 'string' ? clean(name) : 'Error',
    ...(typeof code === 'number' && { code }),
    ...(typeof code === 'string' && { code: clean(code) }),
    message: typeof message === 'string' ? clean(message) : '',
    ...(deeper && facts.cause !== undefined && { cause: summarizeCause(facts.cause, depth + 1) }),
    ...(deeper &&
      Array.isArray(errors) && {
        errors: errors.slice(0, MOST_ERRORS).map((error) => summarizeCause(error, depth + 1)),
      }),
  };
}

function clean(text: string): string {
  return redactText(text.slice(0, LONGEST_MESSAGE));
}
