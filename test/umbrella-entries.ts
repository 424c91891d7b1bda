import { type EntryNames, readPublicNames } from './public-names.ts';
import { packages, read } from './workspace.ts';

/** One entry of the umbrella: which names it takes from which entries of the packages. */
export interface UmbrellaEntry {
  readonly file: string;
  /** What the file begins with. */
  readonly header: string;
  readonly exports: readonly (readonly [from: string, names: EntryNames])[];
}

/** In the order of the graph: a name that two packages export is taken from the first. */
const ORDER = [
  'concurrency',
  'core',
  'resilience',
  'dialects',
  'telemetry',
  'http',
  'websocket',
  'sdk',
];
const LEFT_OUT = new Set(['linkspan', '@linkspan/testkit']);

/** What is the umbrella's own: it stands in the place of the package's. */
const OWN: EntryNames = {
  values: ['createClient', 'createRegistry'],
  types: ['BuiltInTransports'],
};

const short = (name: string): string => name.replace('@linkspan/', '');

/** The entries that the umbrella has to have, by what the packages export now. */
export function entriesOfUmbrella(): readonly UmbrellaEntry[] {
  const behind = packages.filter(({ manifest }) => !LEFT_OUT.has(manifest.name));
  const names = readPublicNames(behind);
  const folders = behind
    .map(({ manifest }) => manifest.name)
    .toSorted((a, b) => ORDER.indexOf(short(a)) - ORDER.indexOf(short(b)));
  const subpaths = folders.flatMap((name) =>
    Object.keys(names).filter((entry) => entry === name || entry.startsWith(`${name}/`)),
  );
  const main = {
    file: 'packages/linkspan/src/index.ts',
    header: headerOf(read('packages/linkspan/README.md')),
    exports: [
      ['./create-client.ts', { values: ['createClient'], types: [] }] as const,
      [
        './create-registry.ts',
        { values: ['createRegistry'], types: ['BuiltInTransports'] },
      ] as const,
      ...withoutRepeats(folders.map((name) => [name, names[name] as EntryNames] as const)),
    ],
  };
  return [
    main,
    ...subpaths.map((name) => ({
      file: `packages/linkspan/src/${short(name)}.ts`,
      header: `// All of ${name}.`,
      exports: [[name, names[name] as EntryNames] as const],
    })),
  ];
}

/** The text of an entry, as the formatter leaves it. */
export function textOfEntry({ header, exports }: UmbrellaEntry): string {
  return `${[header, ...exports.flatMap(([from, names]) => statement(from, names))].join('\n')}\n`;
}

function statement(from: string, { values, types }: EntryNames): readonly string[] {
  const items = [...values, ...types.map((name) => `type ${name}`)];
  if (items.length === 0) return [];
  const line = `export { ${items.join(', ')} } from '${from}';`;
  const only = values.length === 0 ? `export type { ${types.join(', ')} } from '${from}';` : line;
  if (only.length <= 100) return [only];
  const [open, listed] = values.length === 0 ? ['export type {', [...types]] : ['export {', items];
  return [open, ...listed.map((item) => `  ${item},`), `} from '${from}';`];
}

function withoutRepeats(
  exports: readonly (readonly [from: string, names: EntryNames])[],
): (readonly [from: string, names: EntryNames])[] {
  const taken = new Set([...OWN.values, ...OWN.types]);
  const fresh = (name: string): boolean => !taken.has(name) && Boolean(taken.add(name));
  return exports.map(([from, { values, types }]) => [
    from,
    { values: values.filter(fresh), types: types.filter(fresh) },
  ]);
}

/** The first paragraph of a README, as a comment. */
function headerOf(readme: string): string {
  const paragraph = readme.split(/\n\s*\n/).find((block) => !block.startsWith('#')) ?? '';
  return paragraph
    .trim()
    .split('\n')
    .map((line) => `// ${line}`)
    .join('\n');
}
