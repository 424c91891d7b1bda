// What the soaks share: a seeded chance, and what of the process is still held.

/** A small seeded generator of numbers in [0, 1), by Tommy Ettinger. */
export function mulberry32(state: number): () => number {
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What keeps the process busy, by kind, without the channel to the server's process. */
export function resources(kind: RegExp): number {
  return process.getActiveResourcesInfo().filter((name) => kind.test(name)).length;
}

/** The heap once what can be collected is collected, in bytes. */
export async function settledHeap(): Promise<number> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}
