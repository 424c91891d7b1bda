import { checkWait, PromiseWaiter, type Wait, WaitQueue } from '../sync/wait-queue.ts';
import { type Clock, systemClock } from './clock.ts';

const purpose = 'sleep on';

/**
 * Waits for `ms` milliseconds; 0 and less still let others run first.
 *
 * @throws `signal.reason` or a `TimeoutError`, when one of the limits comes first.
 */
export async function sleep(ms: number, wait?: Wait, clock: Clock = systemClock): Promise<void> {
  checkWait(wait, purpose);
  const queue = new WaitQueue<PromiseWaiter<void>>(purpose);
  let timer: unknown;
  try {
    await new Promise<void>((resolve, reject) => {
      queue.add(new PromiseWaiter(resolve, reject), wait);
      timer = clock.setTimeout(() => queue.take()?.resolve(), ms);
    });
  } finally {
    clock.clearTimeout(timer);
  }
}
