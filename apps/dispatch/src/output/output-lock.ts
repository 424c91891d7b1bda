import { readFile, rm, writeFile } from 'node:fs/promises';
import { UsageError } from '../command-line/usage-error.ts';

/**
 * Keeps a second run from writing to the same output: both would send the rows that neither has
 * answered yet. The lock is a file beside the output with the id of the process; one that a killed
 * process left behind is taken over.
 */
export class OutputLock implements AsyncDisposable {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws UsageError when another process that is alive has it. */
  static async acquire(output: string): Promise<OutputLock> {
    const path = `${output}.lock`;
    for (;;) {
      try {
        await writeFile(path, `${process.pid}\n`, { flag: 'wx' });
        return new OutputLock(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
          throw new UsageError(`Cannot write to ${output}: ${(error as Error).message}`);
        }
      }
      const owner = await readOwner(path);
      if (owner !== undefined && isAlive(owner)) {
        throw new UsageError(
          `Cannot write to ${output}: process ${owner} is writing to it; when that is another ` +
            `program, remove ${path}`,
        );
      }
      await rm(path, { force: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#path, { force: true });
  }
}

/** The process that holds the lock; `undefined` when it went away, or was killed as it wrote. */
async function readOwner(path: string): Promise<number | undefined> {
  try {
    const owner = Number.parseInt(await readFile(path, 'utf8'), 10);
    return Number.isNaN(owner) ? undefined : owner;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(processId: number): boolean {
  if (processId === process.pid) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
