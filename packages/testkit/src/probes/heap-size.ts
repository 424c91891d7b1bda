import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What the heap and the buffers beside it hold after a garbage collection, in bytes. */
export function heapSize(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The collector of `--expose-gc`, or, in a process that was started without it, the same one. */
function collectGarbage(): void {
  if (globalThis.gc !== undefined) {
    globalThis.gc();
    return;
  }
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  gc();
}
