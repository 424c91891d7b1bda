import type { LinkspanError } from '@linkspan/core';

/**
 * Why no connection was made, on its way through undici to the calls that waited for it. Each of
 * them gets an error of its own.
 */
export class ConnectFault extends Error {
  readonly toFailure: () => LinkspanError;

  constructor(toFailure: () => LinkspanError) {
    super('No connection was made');
    this.toFailure = toFailure;
  }
}
