// How many broken transports the conformance kit catches: each has one bug, and one case meant for it.
//   npm run kit:score                 whether that case fails
//   npm run kit:score -- --all        which others see the bug as well; takes an hour
//   npm run kit:score -- abort drain  only those whose id has one of these words in it
import { parseArgs } from 'node:util';
import { brokenTransports } from '../packages/testkit/test/conformance/broken/broken-transports.ts';
import { casesThatSee, scoresOf } from '../packages/testkit/test/conformance/score.ts';

const LEAST_SHARE = 0.95;
const PATIENCE_MS = 2_000;

const { values, positionals } = parseArgs({
  options: { all: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const chosen = brokenTransports.filter(
  ({ id }) => positionals.length === 0 || positionals.some((word) => id.includes(word)),
);
if (chosen.length === 0) {
  console.error(`No broken transport has one of these words in its id: ${positionals.join(', ')}`);
  process.exit(2);
}

const scores = await scoresOf(chosen, PATIENCE_MS);
for (const { broken, reason } of scores) {
  const verdict = reason === undefined ? 'MISSED' : 'caught';
  console.log(`${verdict}  ${broken.id.padEnd(38)} ${broken.caughtBy.padEnd(38)} ${broken.bug}`);
  if (!values.all) continue;
  const others = (await casesThatSee(broken, PATIENCE_MS)).filter((id) => id !== broken.caughtBy);
  if (others.length > 0) console.log(`        also by ${others.join(', ')}`);
}

const caught = scores.filter(({ reason }) => reason !== undefined).length;
const share = caught / scores.length;
console.log(`\ncaught ${caught} of ${scores.length} (${(share * 100).toFixed(1)} %)`);
// What the broken ones leave behind would keep the process alive.
process.exit(share >= LEAST_SHARE ? 0 : 1);
