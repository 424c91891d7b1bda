import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { parseRow } from './parse-row.ts';
import type { Row } from './row.ts';
import { splitLines } from './split-lines.ts';
import { UsageError } from '../command-line/usage-error.ts';

/** How many problems are told one by one. */
const MAX_PROBLEMS = 50;

/**
 * Reads the whole input before anything is sent: one JSON object a line (RFC 8259, UTF-8), blank
 * lines skipped. `-` is the standard input.
 *
 * @throws UsageError with every problem and its line, or when the file cannot be read.
 */
export async function readInput(path: string): Promise<Row[]> {
  return parseInput(path, await readBytes(path));
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return path === '-' ? await buffer(process.stdin) : await readFile(path);
  } catch (error) {
    throw new UsageError(`Cannot read the input ${path}: ${(error as Error).message}`);
  }
}

/** The rows of an input that is in memory; `path` is for the messages. */
export function parseInput(path: string, bytes: Uint8Array): Row[] {
  const rows: Row[] = [];
  const problems: string[] = [];
  const lineById = new Map<string, number>();

  for (const [number, line] of splitLines(bytes)) {
    const text = decode(line, number);
    if (text === undefined) {
      problems.push(`line ${number}: not UTF-8`);
      continue;
    }
    if (text.trim() === '') continue;
    const parsed = parseRow(text);
    const id = 'row' in parsed ? parsed.row.id : parsed.id;
    if ('problems' in parsed) {
      for (const problem of parsed.problems) problems.push(`line ${number}: ${problem}`);
    } else rows.push(parsed.row);
    if (id === undefined) continue;
    const first = lineById.get(id);
    if (first === undefined) lineById.set(id, number);
    else {
      const found = `${JSON.stringify(id)}, the id of line ${first}`;
      problems.push(`line ${number}: id: expected one of its own, found ${found}`);
    }
  }

  if (problems.length > 0) throw new UsageError(describeProblems(path, problems));
  if (rows.length === 0) throw new UsageError(`Cannot use the input ${path}: it has no rows`);
  return rows;
}

function decode(line: Uint8Array, number: number): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: number !== 1 }).decode(line);
  } catch {
    return undefined; // Told as a problem of the line.
  }
}

function describeProblems(path: string, problems: readonly string[]): string {
  const shown = problems.slice(0, MAX_PROBLEMS);
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return `Cannot use the input ${path}: ${count}, nothing was sent\n  ${shown.join('\n  ')}`;
}
