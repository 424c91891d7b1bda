import { describe, expect, it } from 'vitest';
import { find, importsOf, packageOf, packages, read, readJson } from './workspace.ts';

/** What a package may depend on. */
interface Limits {
  readonly ours: readonly string[];
  readonly others: readonly string[];
  /** What of ours its tests may use besides. */
  readonly tests?: readonly string[];
}

/** The limits of each package. A package that is not listed here may not exist. */
const topology: Readonly<Record<string, Limits>> = {
  '@linkspan/concurrency': { ours: [], others: [] },
  '@linkspan/core': {
    ours: ['@linkspan/concurrency'],
    others: ['@standard-schema/spec', 'zod'],
  },
  '@linkspan/dialects': {
    ours: ['@linkspan/concurrency', '@linkspan/core'],
    others: [],
    tests: ['@linkspan/testkit'],
  },
  '@linkspan/http': {
    ours: ['@linkspan/concurrency', '@linkspan/core', '@linkspan/dialects', '@linkspan/resilience'],
    others: ['undici'],
    tests: ['@linkspan/testkit'],
  },
  '@linkspan/resilience': {
    ours: ['@linkspan/concurrency', '@linkspan/core'],
    others: [],
  },
  '@linkspan/sdk': {
    ours: [
      '@linkspan/concurrency',
      '@linkspan/core',
      '@linkspan/dialects',
      '@linkspan/http',
      '@linkspan/resilience',
    ],
    others: ['@anthropic-ai/sdk', 'openai'],
    tests: ['@linkspan/testkit'],
  },
  linkspan: {
    ours: [
      '@linkspan/concurrency',
      '@linkspan/core',
      '@linkspan/dialects',
      '@linkspan/http',
      '@linkspan/resilience',
      '@linkspan/sdk',
      '@linkspan/websocket',
    ],
    others: [],
    tests: ['@linkspan/testkit'],
  },
  '@linkspan/testkit': {
    ours: ['@linkspan/concurrency', '@linkspan/core'],
    others: ['vitest', 'ws'],
  },
  '@linkspan/websocket': {
    ours: ['@linkspan/concurrency', '@linkspan/core', '@linkspan/resilience'],
    others: ['@standard-schema/spec', 'ws'],
    tests: ['@linkspan/testkit'],
  },
};

interface TurboConfig {
  readonly tags: readonly string[];
}

interface RootTurboConfig {
  readonly boundaries: {
    readonly tags: Readonly<
      Record<string, { readonly dependencies: { readonly allow: readonly string[] } }>
    >;
  };
}

// A tag may not have the name of a package.
const short = (name: string): string =>
  name === 'linkspan' ? 'umbrella' : name.replace('@linkspan/', '');
const isOurs = (name: string): boolean => Object.hasOwn(topology, name);

it('has exactly the packages of the topology', () => {
  const names = packages.map(({ manifest }) => manifest.name);

  expect(names.toSorted()).toEqual(Object.keys(topology).toSorted());
});

describe.each(packages)('$manifest.name', ({ folder, manifest }) => {
  const { ours, others, tests = [] } = topology[manifest.name] ?? { ours: [], others: [] };
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });

  it('P36 declares only what it may depend on: no limiter, queue or task group but ours', () => {
    expect([...ours, ...others]).toEqual(expect.arrayContaining(declared));
  });

  it('imports only what it declares', () => {
    const imported = find(`${folder}/src/**/*.ts`)
      .flatMap((file) => importsOf(read(file)))
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .map(packageOf);

    expect([...declared, manifest.name]).toEqual(expect.arrayContaining(imported));
  });

  it('is built after exactly the packages that it depends on', () => {
    const { references = [] } = readJson<{ references?: { path: string }[] }>(
      `${folder}/tsconfig.json`,
    );

    const built = references.map(({ path }) => path.replace('../', '@linkspan/'));
    expect(built.toSorted()).toEqual(declared.filter(isOurs).toSorted());
  });

  it('has the same limits in the boundaries of turbo', () => {
    const { tags } = readJson<TurboConfig>(`${folder}/turbo.json`);
    const { boundaries } = readJson<RootTurboConfig>('turbo.json');

    expect(tags).toEqual([short(manifest.name)]);
    expect(boundaries.tags[short(manifest.name)]?.dependencies.allow.toSorted()).toEqual(
      [...ours, ...tests].map(short).toSorted(),
    );
  });
});
