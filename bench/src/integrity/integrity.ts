// What a user sees of every broken stream, through Linkspan and through the official clients:
// `npm run integrity` writes docs/integrity.md. With --linkspan it reads with Linkspan alone, writes
// nothing, and fails when a stream ends quietly, hangs, crashes or fails without need.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { faultServer } from '@linkspan/testkit';
import { linkspanReaders } from './linkspan-readers.ts';
import { printMatrix } from './print-matrix.ts';
import type { StreamReader } from './reader.ts';
import { type Column, runReader } from './run-matrix.ts';
import { RIGHT } from './verdict.ts';

const { values } = parseArgs({ options: { linkspan: { type: 'boolean', default: false } } });

type Job = readonly [side: Column['side'], position: number, reader: StreamReader];

async function jobs(): Promise<readonly Job[]> {
  const ours = linkspanReaders.map((reader, index): Job => ['linkspan', index, reader]);
  if (values.linkspan) return ours;
  const { officialReaders } = await import('./official-readers.ts');
  return [...ours, ...officialReaders.map((reader, index): Job => ['official', index, reader])];
}

/** Runs the readers, a few at a time, and gives their columns in the order of the readers. */
async function runAll(all: readonly Job[]): Promise<readonly Column[]> {
  const server = await faultServer();
  const columns: Column[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < all.length; index = next++) {
      const [side, position, reader] = all[index] as Job;
      // oxlint-disable-next-line no-await-in-loop -- one reader after another
      columns[index] = await runReader(server, side, position, reader);
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  await server.close();
  return columns;
}

/** The installed versions of the clients. */
function versions(): readonly string[] {
  const { resolve } = createRequire(import.meta.url);
  const names = [
    'openai',
    '@anthropic-ai/sdk',
    'ai',
    '@ag-ui/client',
    '@modelcontextprotocol/client',
  ];
  return names.map((name) => {
    const folder = resolve(name).split(`node_modules/${name}/`)[0] as string;
    const manifest = readFileSync(`${folder}node_modules/${name}/package.json`, 'utf8');
    return `${name} ${(JSON.parse(manifest) as { readonly version: string }).version}`;
  });
}

const columns = await runAll(await jobs());
let readings = 0;
let wrong = 0;
for (const { side, reader, cells } of columns) {
  const bad = cells.filter(({ verdict }) => !RIGHT.has(verdict));
  console.log(`${reader.protocol}: ${reader.name}: ${cells.length} read, ${bad.length} wrong`);
  if (side !== 'linkspan') continue;
  readings += cells.length;
  wrong += bad.length;
  for (const { fault, verdict, reading } of bad)
    console.log(`   ${verdict}: ${fault.id}: ${JSON.stringify(reading)}`);
}
console.log(`Linkspan: ${readings} streams read, ${wrong} wrong`);
if (!values.linkspan) {
  writeFileSync(
    new URL('../../../docs/integrity.md', import.meta.url),
    printMatrix(columns, versions()),
  );
}
if (wrong > 0) process.exitCode = 1;
