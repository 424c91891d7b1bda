// Lists which rows of the acceptance table have a test whose title begins with their id, and which
// have none: E16 and U6 are finished when a test says so.
import { globSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** How many rows each part of the table has. */
const rows = { E: 36, P: 38, C: 30, R: 61, N: 20, U: 21 };

const { values } = parseArgs({ options: { tests: { type: 'boolean', default: false } } });

const ids = Object.entries(rows).flatMap(([part, count]) =>
  Array.from({ length: count }, (_, index) => `${part}${index + 1}`),
);
const shown = new Map(ids.map((id) => [id, []]));
const files = globSync('{test,bench/test,{packages,apps}/*/{test,examples}}/**/*.ts');
for (const file of files) {
  const titles = readFileSync(file, 'utf8').matchAll(
    /\b(?:it|test|describe)(?:\.\w+(?:\([^)]*\))?)*\(\s*(['"`])((?:[A-Z]\d+\b[\s,/&–-]*)+)/g,
  );
  for (const [, , prefix] of titles)
    for (const [id] of prefix.matchAll(/[A-Z]\d+/g)) shown.get(id)?.push(file);
}

for (const [part, count] of Object.entries(rows)) {
  const ofPart = ids.filter((id) => id.startsWith(part));
  const missing = ofPart.filter((id) => shown.get(id).length === 0);
  console.log(`${part}  ${count - missing.length} of ${count} rows have a test`);
  if (missing.length > 0) console.log(`   without: ${missing.join(' ')}`);
}
if (values.tests)
  for (const [id, found] of shown)
    if (found.length > 0) console.log(id, [...new Set(found)].join(' '));
