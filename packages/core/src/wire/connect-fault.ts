import type { LinkspanError } from '../errors/linkspan-error.ts';

/**
 * Why no connection was made, on its way through a lower library to the calls that waited for it. Each of
 * them gets an error of its own.
 */
export class ConnectFault extends Error {
  readonly toFailure: () => LinkspanError;

  constructor(toFailure: () => LinkspanError) {
    super('No connection was made');
    this.toFailure = toFailure;
  }
}
