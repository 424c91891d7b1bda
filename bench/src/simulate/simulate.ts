// Plays simulations on a clock that is moved by hand, and prints what they come to beside its bounds:
// `npm run simulate`, `npm run simulate -- outage`. It fails when a bound is broken.
import { type Figure } from './simulation.ts';
import { simulations } from './simulations.ts';

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(simulations, name));
if (unknown.length > 0) {
  const names = Object.keys(simulations).join(', ');
  console.error(`No simulation is called ${unknown.join(', ')}. There are: ${names}`);
  process.exit(2);
}

function print(figures: readonly Figure[]): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const values = Math.max(...figures.map(({ value }) => value.length));
  for (const { name, value, bound, holds } of figures) {
    const sign = holds ? ' ' : '!';
    console.log(`${sign} ${name.padEnd(width)}  ${value.padStart(values)}   ${bound}`);
  }
}

for (const name of asked.length > 0 ? asked : Object.keys(simulations)) {
  const simulation = simulations[name]!;
  console.log(`\n== ${name}: ${simulation.asks}`);
  // oxlint-disable-next-line no-await-in-loop -- one after another
  const figures = await simulation.run(false);
  print(figures);
  if (figures.some(({ holds }) => !holds)) process.exitCode = 1;
}
