import type { CaseOptions } from './conformance-case.ts';
import { PATIENCE_MS } from './define-cases.ts';
import type { Stage } from './fixture.ts';

/**
 * Closes a transport, and then its peer. A transport that hangs, or fails, while it closes fails the
 * cases about that, and no other.
 */
export async function takeDown(
  stage: Stage,
  { patienceMs = PATIENCE_MS }: CaseOptions,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  try {
    await Promise.race([stage.transport.close(), limit]);
  } catch {
    // See above.
  } finally {
    clearTimeout(timer);
    await stage.close();
  }
}
