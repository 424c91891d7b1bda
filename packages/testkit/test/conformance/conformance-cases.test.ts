import { readFileSync } from 'node:fs';
import { conformanceCases } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { brokenTransports } from './broken/broken-transports.ts';

const cases = conformanceCases();

function repeated(ids: readonly string[]): readonly string[] {
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}

describe('conformanceCases()', () => {
  it('has at least 60 cases, over all eight promises', () => {
    const promises = new Set(cases.map(({ promise }) => promise));

    expect(cases.length).toBeGreaterThanOrEqual(60);
    expect(promises).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]));
  });

  it('has an id for each case that says its promise, and is its own', () => {
    expect(repeated(cases.map(({ id }) => id))).toEqual([]);
    for (const { id, promise } of cases) expect(id).toMatch(new RegExp(`^p${promise}-[a-z0-9-]+$`));
  });

  it('has a broken transport for every case, which shows that the case can fail', () => {
    const meant = new Set(brokenTransports.map(({ caughtBy }) => caughtBy));

    expect(cases.map(({ id }) => id).filter((id) => !meant.has(id))).toEqual([]);
    expect(repeated(brokenTransports.map(({ id }) => id))).toEqual([]);
  });

  it('is counted rightly in the README', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

    expect(readme).toContain(`${cases.length} of them`);
    expect(readme).toContain(`${brokenTransports.length} broken ones`);
  });
});
