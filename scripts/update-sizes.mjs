// Writes into README.md what each package brings: what npm installs with it, how large that is, and
// what its import costs beside the import of undici. It wants a fresh build: `npm run build`.
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { foreign, needed, pack, packages, packFolder, run } from './packed-packages.mjs';

const README = new URL('../README.md', import.meta.url);
const MARKS = ['<!-- sizes: written by npm run update:sizes -->', '<!-- end of sizes -->'];
const ROUNDS = 15;
/** In the order of the table. */
const shown = [
  'linkspan',
  'http',
  'websocket',
  'sdk',
  'resilience',
  'dialects',
  'core',
  'concurrency',
];

const { folder: scratch, tarball } = packFolder('sizes');
const nameOf = (short) => (short === 'linkspan' ? short : `@linkspan/${short}`);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** The CPU time, in milliseconds, of a process that imports this and nothing else. */
async function importMs(specifier, folder) {
  const program = `await import(${JSON.stringify(specifier)}); const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)`;
  return Number(await run('node', ['--input-type=module', '--eval', program], folder));
}

async function measure(name) {
  const folder = mkdtempSync(join(scratch, 'install-'));
  const own = Object.fromEntries(
    [...needed([name])].map((needs) => [needs, `file:${tarball(needs)}`]),
  );
  const undici = readFileSync('pnpm-workspace.yaml', 'utf8').match(/^ {2}undici: (\S+)$/m)[1];
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: { ...own, undici } }),
  );
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  const brought = [...needed([name]), ...foreign([name])];
  const bytes = brought
    .flatMap((part) => globSync(`node_modules/${part}/**/*`, { cwd: folder }))
    .map((file) => statSync(join(folder, file)))
    .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
  const ratios = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const empty = await importMs('node:path', folder);
    const reference = await importMs('undici', folder);
    ratios.push(((await importMs(name, folder)) - empty) / (reference - empty));
  }
  return { name, bytes, others: foreign([name]), ratio: median(ratios) };
}

try {
  const names = shown.map(nameOf).filter((name) => packages.has(name));
  await pack(needed(names), scratch);
  const rows = [];
  for (const name of names) rows.push(await measure(name));
  const table = [
    '| install | comes with | installed | import, beside undici |',
    '|---|---|--:|--:|',
    ...rows.map(({ name, bytes, others, ratio }) => {
      const beside = others.length === 0 ? 'nothing of others' : others.join(', ');
      return `| \`${name}\` | ${beside} | ${(bytes / 2 ** 20).toFixed(1)} MiB | ${ratio.toFixed(2)} |`;
    }),
  ];
  const [begin, end] = MARKS;
  const readme = readFileSync(README, 'utf8');
  const [before] = readme.split(begin);
  const behind = readme.split(end)[1];
  if (behind === undefined) throw new Error('README.md has no place for the sizes');
  writeFileSync(README, `${before}${begin}\n\n${table.join('\n')}\n\n${end}${behind}`);
  console.log(table.join('\n'));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
