import type { LinkspanError } from './linkspan-error.ts';

/**
 * Says more in an error's message, once: layers around one another may say the same. The stack begins
 * with the message as it was, and is what gets printed.
 */
export function addToMessage(error: LinkspanError, addition: string): void {
  const { message, stack } = error;
  if (message.endsWith(addition)) return;
  error.message += addition;
  if (stack !== undefined) error.stack = stack.replace(message, () => error.message);
}
