import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseInput } from '../src/input/read-input.ts';
import { rowKinds } from '../src/input/row.ts';
import { sampleText } from '../src/sample/sample-rows.ts';

const file = new URL('../sample/requests.jsonl', import.meta.url);

describe('the sample', () => {
  it('is what its script writes', () => {
    expect(readFileSync(file, 'utf8')).toBe(sampleText());
  });

  it('has at least 200 rows, of every kind', () => {
    const rows = parseInput('requests.jsonl', readFileSync(file));

    expect(rows.length).toBeGreaterThanOrEqual(200);
    expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set(rowKinds));
  });
});
