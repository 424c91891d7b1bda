// Writes the public names of every package into the list that test/public-names.test.ts compares
// with, for a change that adds or removes a name on purpose.
import { writeFileSync } from 'node:fs';
import { committedNames, readPublicNames } from '../test/public-names.ts';

writeFileSync(committedNames, `${JSON.stringify(readPublicNames(), undefined, 2)}\n`);
