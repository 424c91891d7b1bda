/**
 * The part of a limit that is this process's own. Reading it never waits; a store that many processes
 * share changes it in the background.
 */
export interface Share {
  /**
   * From 0 to 1. The parts of all processes are never more than 1 together: a part that one has given
   * up is given to another when it no longer counts in the window of the first.
   */
  readonly fraction: number;
}
