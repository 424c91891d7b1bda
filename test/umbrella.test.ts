import { expect, it } from 'vitest';
import { readPublicNames } from './public-names.ts';
import { entriesOfUmbrella, textOfEntry } from './umbrella-entries.ts';
import { packages, read } from './workspace.ts';

const entries = entriesOfUmbrella();

it.each(entries.map((entry) => [entry.file, entry] as const))(
  'lists exactly the names of the packages behind it: %s',
  (file, entry) => {
    expect(read(file), 'run `npm run update:exports`').toBe(textOfEntry(entry));
  },
);

it('exports what the packages export, each name once', () => {
  const all = readPublicNames();
  const { values = [], types = [] } = all['linkspan'] ?? {};
  const folders = packages
    .map(({ manifest }) => manifest.name)
    .filter((name) => name !== 'linkspan' && name !== '@linkspan/testkit');
  const union = new Set(folders.flatMap((name) => [...all[name]!.values, ...all[name]!.types]));

  const names = [...values, ...types];
  expect(names).toHaveLength(new Set(names).size);
  expect(names.toSorted()).toEqual([...union, 'createRegistry', 'BuiltInTransports'].toSorted());
});
