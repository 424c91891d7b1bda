import type { LinkspanError } from '@linkspan/core';

/**
 * An event that cannot be read, in dialects where the stream goes on behind it: told apart with
 * `instanceof`. No peer can send one.
 */
export class MalformedEvent {
  /** What the peer sent, as it is. */
  readonly data: string;
  /** Why it cannot be read, and its start without what looks like a credential. */
  readonly error: LinkspanError;

  constructor(data: string, error: LinkspanError) {
    this.data = data;
    this.error = error;
  }
}
