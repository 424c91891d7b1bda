import type { ManualClock } from '@linkspan/concurrency';

/** Waits until something holds; the timeout of the test ends the wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    // oxlint-disable-next-line no-await-in-loop -- one look after another
    await turn();
  }
}

/** Lets the event loop go round once. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Reads messages to their end. */
export async function collect<Message>(messages: AsyncIterable<Message>): Promise<Message[]> {
  const seen: Message[] = [];
  for await (const message of messages) seen.push(message);
  return seen;
}

/** Turns the hands of a clock until something holds. */
export async function advanceUntil(
  clock: ManualClock,
  stepMs: number,
  done: () => boolean,
): Promise<void> {
  while (!done()) {
    // oxlint-disable-next-line no-await-in-loop -- one look after another
    await clock.advance(stepMs);
    // oxlint-disable-next-line no-await-in-loop -- sockets need turns of the loop
    await turn();
  }
}
