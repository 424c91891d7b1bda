import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from '../src/output/answer.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The input and the output of a run. */
export interface RowFiles {
  readonly input: string;
  readonly output: string;
}

/** Writes an input, of rows named `row-0` and so on where it is a number, and names an output. */
export function makeFiles(rows: number | readonly (object | string)[]): RowFiles {
  const folder = temporaryFolder();
  const input = join(folder, 'rows.jsonl');
  const lines =
    typeof rows === 'number'
      ? allIds(rows).map((id) => ({ id, kind: 'json', path: `/x/${id}` }))
      : rows;
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  writeFileSync(input, text.join('\n'));
  return { input, output: join(folder, 'answers.jsonl') };
}

/** The ids that {@link makeFiles} gives to its rows. */
export function allIds(rows: number): string[] {
  return Array.from({ length: rows }, (_, index) => `row-${index}`);
}

/** The flags for a run with these files. */
export function flagsOf({ input, output }: RowFiles, ...more: readonly string[]): string[] {
  return ['--input', input, '--output', output, ...more];
}

/** The lines of an output, by id. */
export function answersIn(output: string): Map<string, Answer> {
  const lines = readFileSync(output, 'utf8').split('\n');
  if (lines.pop() !== '') throw new Error(`The last line of ${output} has no end`);
  const answers = lines.map((line) => JSON.parse(line) as Answer);
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  if (byId.size !== answers.length) throw new Error(`${output} answers a row twice`);
  return byId;
}

/** The ids of an output, in order. */
export function idsIn(output: string): string[] {
  return [...answersIn(output).keys()];
}
