import { ConfigurationError } from '@linkspan/core';

/** RFC 6455, section 5.5: a control frame has at most 125 bytes, two of which are the code. */
const LONGEST_REASON = 123;

/**
 * Checks what a WebSocket is closed with.
 *
 * @throws ConfigurationError for a code that may not be sent (RFC 6455, section 7.4), and for a reason
 * that is no text or longer than 123 bytes of UTF-8.
 */
export function checkCloseArguments(code: unknown, reason: unknown): void {
  if (code !== undefined && !isSendable(code)) {
    throw refuse(
      'code',
      `expected 1000 to 1014 without 1004 to 1006, or 3000 to 4999, found ${typeof code === 'number' ? code : typeof code}`,
    );
  }
  if (reason === undefined) return;
  if (typeof reason !== 'string') throw refuse('reason', `expected text, found ${typeof reason}`);
  const { byteLength } = new TextEncoder().encode(reason);
  if (byteLength > LONGEST_REASON) {
    throw refuse(
      'reason',
      `expected at most ${LONGEST_REASON} bytes of UTF-8, found ${byteLength}`,
    );
  }
}

function isSendable(code: unknown): boolean {
  if (!Number.isInteger(code)) return false;
  const value = code as number;
  if (value >= 3000) return value <= 4999;
  return value >= 1000 && value <= 1014 && (value < 1004 || value > 1006);
}

function refuse(option: string, message: string): ConfigurationError {
  return new ConfigurationError(`Cannot close the WebSocket: ${option}: ${message}`, {
    issues: [{ option, message }],
  });
}
