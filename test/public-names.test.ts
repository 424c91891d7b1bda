import { describe, expect, it } from 'vitest';
import { committedNames, entriesOf, readPublicNames, type EntryNames } from './public-names.ts';
import { packages, readJson } from './workspace.ts';

const committed = readJson<Record<string, EntryNames>>(committedNames);
const actual = readPublicNames();
const advice =
  'The public names have changed: this breaks users, or gives them something to rely on. ' +
  'When it is meant, run `npm run update:exports` and add a changeset';

it('has a committed list for exactly the entries that there are', () => {
  expect(Object.keys(actual), advice).toEqual(Object.keys(committed));
});

describe.each(packages.flatMap(entriesOf).map(({ name }) => name))('%s', (name) => {
  it('exports the committed names', () => {
    expect(actual[name], advice).toEqual(committed[name]);
  });

  it('gives the listed values when it is imported, and nothing else', async () => {
    const module = (await import(name)) as object;

    expect(Object.keys(module).toSorted()).toEqual(actual[name]?.values);
  });
});
