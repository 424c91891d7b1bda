import { ConfigurationError } from '@linkspan/core';

/** The failure of a request that says what its provider cannot do, or says it wrongly. */
export function refusedRequest(option: string, message: string): ConfigurationError {
  return new ConfigurationError(`Cannot send the chat: ${option}: ${message}`, {
    code: 'chat_request',
    sent: 'no',
    issues: [{ option, message }],
  });
}
