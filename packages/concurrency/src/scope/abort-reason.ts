/** The reason of a cancellation that nobody gave a reason for. */
export function cancellation(message: string, cause?: unknown): DOMException {
  const reason = new DOMException(message, 'AbortError');
  // Not every platform takes a cause in the constructor.
  if (cause !== undefined) Object.defineProperty(reason, 'cause', { value: cause });
  return reason;
}

/** What a wait fails with when its deadline passes. */
export function timeout(message: string): DOMException {
  return new DOMException(message, 'TimeoutError');
}

/** What is thrown by a thing that was closed, stopped or has ended. */
export function closedState(message: string): DOMException {
  return new DOMException(message, 'InvalidStateError');
}
