import type { Clock } from '@linkspan/concurrency';
import type { Body } from '../body.ts';

/** How long the wire may take to end by itself after the terminator. */
const LINGER_MS = 50;

/**
 * Frees the wire of a stream that is complete: gives it a moment to end by itself, so that its
 * connection can be used again, then takes it down. Nobody waits for it. What it gives is to be
 * called when the wire stirs.
 */
export function lingerOn(body: Body, clock: Clock): () => void {
  const timer = clock.setTimeout(free, LINGER_MS);
  return free;

  // Whatever comes, the end, a failure or more bytes: it is not waited for any longer.
  function free(): void {
    clock.clearTimeout(timer);
    // The stream is complete: nothing depends on how its wire ends.
    body.cancel().catch(() => {});
  }
}
