import { ManualClock, ResourcePool, type ResourcePoolOptions } from '@linkspan/concurrency';

/** A pool of numbers, with the number of those that live. */
export function numberPool(options: Partial<ResourcePoolOptions<number>> = {}) {
  const clock = new ManualClock();
  const destroyed: number[] = [];
  let made = 0;
  const pool = new ResourcePool<number>({
    create: () => (made += 1),
    destroy: (resource) => void destroyed.push(resource),
    clock,
    ...options,
  });
  return { clock, destroyed, pool };
}
