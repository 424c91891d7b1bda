import { type FileHandle, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Answer, type AnswerRecord, parseAnswer, recordOf } from './answer.ts';
import { splitLines } from '../input/split-lines.ts';
import { UsageError } from '../command-line/usage-error.ts';

const LF = 0x0a;

/** Answers cannot be written. Their rows count as not answered: the next run sends them again. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The output: one line for each row, appended, never changed. A line counts when it is whole and on
 * the disk: {@link append} resolves after `fdatasync`, and lines that wait for the disk together
 * share one write and one sync.
 */
export class Journal implements AsyncDisposable {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #records: Map<string, AnswerRecord>;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #failure: OutputError | undefined;

  private constructor(path: string, file: FileHandle, records: Map<string, AnswerRecord>) {
    this.#path = path;
    this.#file = file;
    this.#records = records;
  }

  /**
   * Opens an output and reads what is in it. A last line that a crash cut short is taken away: its
   * row counts as not answered.
   *
   * @throws UsageError when the file cannot be opened, or holds something else than answers.
   */
  static async open(path: string): Promise<Journal> {
    const records = await readRecords(path);
    try {
      const file = await open(path, 'a');
      await syncFolder(path);
      return new Journal(path, file, records);
    } catch (error) {
      throw new UsageError(`Cannot write to ${path}: ${(error as Error).message}`);
    }
  }

  /** What is known of every row that has a line, by id. */
  get records(): ReadonlyMap<string, AnswerRecord> {
    return this.#records;
  }

  /**
   * Writes the line of a row. After the first failure nothing more is written: a line behind one
   * that was cut short would be lost with it.
   *
   * @returns a promise that resolves when the line is on the disk.
   */
  append(answer: Answer): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#records.has(answer.id)) {
      return Promise.reject(new Error(`Cannot write a second answer to row ${answer.id}`));
    }
    this.#records.set(answer.id, recordOf(answer));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line: `${JSON.stringify(answer)}\n`, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  /** Writes what waits, and closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flushing;
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#file.appendFile(batch.map(({ line }) => line).join(''));
        await this.#file.datasync();
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#failure ??= new OutputError(
          `Cannot write to ${this.#path}: ${(error as Error).message}`,
          { cause: error },
        );
        for (const { reject } of batch) reject(this.#failure);
      }
    }
    this.#flushing = undefined;
  }
}

/** Puts a finished output aside as `<path>.previous`, replacing an earlier one. */
export async function putAside(path: string): Promise<void> {
  await rename(path, `${path}.previous`);
}

/** Takes the lines of failed rows out of an output, so that they are sent once more. */
export async function dropFailures(path: string): Promise<void> {
  const kept: string[] = [];
  for (const [line, record] of await readLines(path)) {
    if (record.status === 'ok') kept.push(`${line}\n`);
  }
  const copy = `${path}.partial`;
  await writeFile(copy, kept.join(''), { flush: true });
  await rename(copy, path);
  await syncFolder(path);
}

async function readRecords(path: string): Promise<Map<string, AnswerRecord>> {
  const records = new Map<string, AnswerRecord>();
  for (const [, record] of await readLines(path)) records.set(record.id, record);
  return records;
}

/** The lines of an output, repaired where a crash cut the last one short. */
async function readLines(path: string): Promise<[line: string, record: AnswerRecord][]> {
  const lines: [string, AnswerRecord][] = [];
  const numberById = new Map<string, number>();
  for (const [number, bytes] of splitLines(await readRepaired(path))) {
    if (bytes.length === 0) continue;
    const line = new TextDecoder().decode(bytes);
    const record = parseAnswer(line);
    const place = `line ${number} of ${path}`;
    if (typeof record === 'string') {
      throw new UsageError(
        `Cannot resume: ${place} is no answer (${record}); use another --output`,
      );
    }
    const first = numberById.get(record.id);
    if (first !== undefined) {
      const found = `answers row ${JSON.stringify(record.id)}, as line ${first} does`;
      throw new UsageError(`Cannot resume: ${place} ${found}; use another --output`);
    }
    numberById.set(record.id, number);
    lines.push([line, record]);
  }
  return lines;
}

/** The bytes of an output, whose last line is whole: it gets its line end, or is taken away. */
async function readRepaired(path: string): Promise<Buffer> {
  const bytes = await readOutput(path);
  const end = bytes.lastIndexOf(LF) + 1;
  if (end === bytes.length) return bytes;
  const isWhole = typeof parseAnswer(bytes.toString('utf8', end)) === 'object';
  const file = await open(path, 'r+');
  try {
    if (isWhole) await file.write('\n', bytes.length);
    else await file.truncate(end);
    await file.sync();
  } finally {
    await file.close();
  }
  return isWhole ? bytes : bytes.subarray(0, end);
}

async function readOutput(path: string): Promise<Buffer> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is no regular file');
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw new UsageError(`Cannot read the output ${path}: ${(error as Error).message}`);
  }
}

/** Makes the name of a new file outlive a power cut. Windows cannot open a folder, and need not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
