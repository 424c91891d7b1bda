import { addToMessage, LinkspanError, summarizeCause } from '@linkspan/core';

/** How much is told of each. */
const LONGEST_MESSAGE = 200;

/**
 * The failure of the last way that was taken, which now tells in its message of those before, and counts
 * their attempts. An error of somebody else stays as it is.
 */
export function withFailuresBefore(error: unknown, failures: readonly unknown[]): unknown {
  const before = failures.filter((failure) => failure !== error);
  if (before.length === 0 || !(error instanceof LinkspanError)) return error;
  const told = before.map((failure, index) => `${index + 1}. ${summary(failure)}`);
  addToMessage(error, `; what was tried before it had failed, too: ${told.join('; ')}`);
  for (const failure of before) {
    if (failure instanceof LinkspanError) error.attempts += failure.attempts;
  }
  return error;
}

function summary(failure: unknown): string {
  const { message, name } = summarizeCause(failure);
  const told = message === '' ? name : message;
  return told.length > LONGEST_MESSAGE ? `${told.slice(0, LONGEST_MESSAGE)}…` : told;
}
