// How many broken transports the conformance kit catches. Each has one bug and one case meant for it.
//   npm run kit:score                 the case that is meant for each
//   npm run kit:score -- --all        every case on each: which others see the bug as well
//   npm run kit:score -- abort        those whose id has this in it
import { parseArgs } from 'node:util';
import { brokenTransports } from '../packages/testkit/test/conformance/broken/broken-transports.ts';
import { scoreOf } from '../packages/testkit/test/conformance/score.ts';

const LEAST_SHARE = 0.95;

const { values, positionals } = parseArgs({
  options: { all: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const chosen = brokenTransports.filter(
  ({ id }) => positionals.length === 0 || positionals.some((part) => id.includes(part)),
);

let caught = 0;
for (const broken of chosen) {
  const { reason, others } = await scoreOf(broken, { patienceMs: 2_000, all: values.all });
  if (reason !== undefined) caught += 1;
  const verdict = reason === undefined ? 'MISSED' : 'caught';
  console.log(`${verdict}  ${broken.id.padEnd(36)} ${broken.caughtBy.padEnd(38)} ${broken.bug}`);
  if (others.length > 0) console.log(`        also by ${others.join(', ')}`);
}

const share = caught / chosen.length;
console.log(`\ncaught ${caught} of ${chosen.length} (${(share * 100).toFixed(1)} %)`);
if (!(share >= LEAST_SHARE)) process.exitCode = 1;
// What the broken ones leave behind would keep the process alive.
process.exit();
