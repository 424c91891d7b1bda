// Proves that a stranger can write a transport: packs what the examples stand on, copies each of
// examples/transport-* into an empty folder, installs the tarballs there with npm, and checks types
// and conformance against what users get. It wants a fresh build: `npm run check` makes one.
//   node scripts/check-examples.mjs            all of them
//   node scripts/check-examples.mjs nats       this one
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import {
  installedIn,
  needed,
  pack,
  packages,
  packFolder,
  readJson,
  run,
} from './packed-packages.mjs';

const writeJson = (file, value) => writeFileSync(file, JSON.stringify(value, undefined, 2));

/** The versions that "catalog:" stands for. */
const catalog = new Map(
  [...readFileSync('pnpm-workspace.yaml', 'utf8').matchAll(/^ {2}'?([^\s':]+)'?: (\S+)$/gm)].map(
    ([, name, version]) => [name, version],
  ),
);

const { folder: scratch, tarball } = packFolder('examples');

/** What a manifest asks for, as somebody outside of this repository has it. */
function outside(dependencies) {
  return Object.fromEntries(
    Object.entries(dependencies).map(([name, range]) => {
      if (range.startsWith('workspace:')) return [name, `file:${tarball(name)}`];
      return [name, range === 'catalog:' ? catalog.get(name) : range];
    }),
  );
}

/** What failed, of a report that vitest may not have come to write. */
function failuresIn(report) {
  if (!existsSync(report)) return 'vitest wrote no report';
  return readJson(report)
    .testResults.flatMap(({ message, assertionResults }) => [
      message,
      ...assertionResults.flatMap(({ fullName, failureMessages }) =>
        failureMessages.map((failure) => `${fullName}\n${failure}`),
      ),
    ])
    .filter((line) => line !== '')
    .join('\n');
}

async function check(source) {
  const started = performance.now();
  const folder = mkdtempSync(join(scratch, `${basename(source)}-`));
  for (const part of ['src', 'test'])
    cpSync(join(source, part), join(folder, part), { recursive: true });
  const manifest = readJson(join(source, 'package.json'));
  const { dependencies, devDependencies } = manifest;
  const all = Object.keys({ ...dependencies, ...devDependencies });
  const ours = [...needed(all)];
  const others = all.filter((name) => !packages.has(name) && name !== 'vitest');
  writeJson(join(folder, 'package.json'), {
    name: manifest.name,
    private: true,
    type: 'module',
    exports: { '.': './src/index.ts' },
    dependencies: {
      ...outside(Object.fromEntries(ours.map((name) => [name, 'workspace:^']))),
      ...outside(dependencies),
    },
    devDependencies: {
      ...outside(devDependencies),
      '@types/node': catalog.get('@types/node'),
    },
  });
  copyFileSync('tsconfig.base.json', join(folder, 'tsconfig.base.json'));
  rmSync(join(folder, 'test', 'tsconfig.json'));
  writeJson(join(folder, 'tsconfig.json'), {
    extends: './tsconfig.base.json',
    compilerOptions: {
      composite: false,
      isolatedDeclarations: false,
      customConditions: [],
      noEmit: true,
      allowImportingTsExtensions: true,
      rewriteRelativeImportExtensions: false,
      // Where the wire needs no library, our own declarations are checked as well.
      skipLibCheck: others.length > 0,
    },
    include: ['src', 'test'],
  });
  writeFileSync(
    join(folder, 'vitest.config.mjs'),
    'export default { test: { testTimeout: 10_000 } };\n',
  );

  await run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'],
    folder,
  );
  await run(resolve('node_modules/.bin/tsc'), ['-p', 'tsconfig.json'], folder);
  // Behind middleware it is proven in the repository.
  const report = join(folder, 'report.json');
  const vitest = ['run', 'conformance', '-t', '^(?!.*behind middleware)', '--reporter=json'];
  try {
    await run(
      join(folder, 'node_modules/.bin/vitest'),
      [...vitest, `--outputFile=${report}`],
      folder,
    );
  } catch (error) {
    throw new Error(`${basename(source)} from tarballs: ${failuresIn(report)}`, { cause: error });
  }
  const { numPassedTests } = readJson(report);
  const installed = installedIn(folder).length;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const outcome =
    numPassedTests === 0
      ? 'nothing was proven: its server is missing on this machine'
      : `${numPassedTests} cases passed`;
  console.log(
    `${numPassedTests === 0 ? '--' : 'ok'}  ${basename(source)} from tarballs: ${outcome}; ${installed} packages installed; ${seconds} s`,
  );
}

try {
  const [only] = process.argv.slice(2);
  const sources = globSync(`examples/transport-${only ?? '*'}`);
  const manifests = sources.map((source) => readJson(join(source, 'package.json')));
  const names = needed(
    manifests.flatMap((manifest) =>
      Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }),
    ),
  );
  await pack(names, scratch);
  const results = await Promise.allSettled(sources.map((source) => check(source)));
  const failures = results.filter((result) => result.status === 'rejected');
  for (const { reason } of failures) console.error(`\n${reason.message}`);
  if (failures.length > 0) process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
