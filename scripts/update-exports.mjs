// Writes the public names of every package into the list that test/public-names.test.ts compares
// with, and into the entries of the umbrella, for a change that adds or removes a name on purpose.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { committedNames, readPublicNames } from '../test/public-names.ts';
import { entriesOfUmbrella, textOfEntry } from '../test/umbrella-entries.ts';

for (const entry of entriesOfUmbrella()) {
  mkdirSync(dirname(entry.file), { recursive: true });
  writeFileSync(entry.file, textOfEntry(entry));
}

writeFileSync(committedNames, `${JSON.stringify(readPublicNames(), undefined, 2)}\n`);
