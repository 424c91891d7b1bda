import type { LinkspanError } from './linkspan-error.ts';

/** Says more in an error's message. The stack begins with it as it was, and is what gets printed. */
export function addToMessage(error: LinkspanError, addition: string): void {
  const { message, stack } = error;
  error.message += addition;
  if (stack !== undefined) error.stack = stack.replace(message, () => error.message);
}
