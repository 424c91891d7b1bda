import { AssertionError } from 'node:assert';

const events = ['unhandledRejection', 'uncaughtException'] as const;
type Listener = (...args: unknown[]) => void;

/** What happened, for each watch that is under way. */
const watches = new Set<unknown[]>();
/** The listeners that were there before, of a test runner for example. */
let others: readonly (readonly [event: string, listener: Listener])[] = [];

const tell = (error: unknown): void => {
  for (const seen of watches) seen.push(error);
};

/**
 * Runs something, and fails when it leaves a rejection or an exception that nobody handles. Meanwhile
 * the listeners of others are not told: they could only blame the whole run for it.
 */
export async function failOnUnhandled(run: () => Promise<void>): Promise<void> {
  const seen: unknown[] = [];
  if (watches.size === 0) takeOver();
  watches.add(seen);
  try {
    await run();
  } finally {
    // Node tells of a rejection when all promise jobs are done.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    watches.delete(seen);
    if (watches.size === 0) giveBack();
  }
  if (seen.length === 0) return;
  throw new AssertionError({
    message: `Nobody was told of ${seen.length === 1 ? 'an error' : `${seen.length} errors`}: a promise was rejected, or an event emitted, that nobody listens to. The first is: ${String(seen[0])}`,
    actual: seen[0],
  });
}

function takeOver(): void {
  others = events.flatMap((event) =>
    process.rawListeners(event).map((listener) => [event, listener as Listener] as const),
  );
  for (const [event, listener] of others) process.removeListener(event, listener);
  for (const event of events) process.on(event, tell);
}

function giveBack(): void {
  for (const event of events) process.removeListener(event, tell);
  for (const [event, listener] of others) process.on(event, listener);
  others = [];
}
