// Checks what users get: packs every public package, checks the tarballs with publint and attw,
// installs them with npm into empty folders (each package with only what it needs, and all
// together), sees that nothing else came along, and imports every entry there. It wants a fresh build: `npm run check` makes one.
import { globSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  foreign,
  installedIn,
  needed,
  pack,
  packages,
  packFolder,
  readJson,
  run,
  sorted,
} from './packed-packages.mjs';

/** What a package may weigh, packed: its bundles, their maps, the declarations and the sources. */
const limitKiB = 480;

/** Entries that only run within what they adapt to. */
const NOT_ALONE = new Set(['@linkspan/testkit/vitest']);

const { folder: scratch, tarball } = packFolder('packages');

/** The names that users import: the package, and each subpath of its "exports". */
function entries({ name, publishConfig }) {
  return Object.keys(publishConfig.exports)
    .filter((path) => path !== './package.json')
    .map((path) => name + path.slice(1))
    .filter((entry) => !NOT_ALONE.has(entry));
}

function checkInstalled(folder) {
  const manifest = readJson(join(folder, 'package.json'));
  const problems = [];
  if (JSON.stringify(manifest).includes('@linkspan/source'))
    problems.push('its package.json has the condition "@linkspan/source"');
  if (JSON.stringify(manifest.dependencies ?? {}).match(/workspace:|catalog:/))
    problems.push('its dependencies have versions that only pnpm understands');
  const files = globSync('**/*', { cwd: folder, exclude: ['node_modules'] });
  for (const file of files)
    if (/(^|[/\\])tests?([/\\]|$)|\.test\.|\.test-d\.|\.tsbuildinfo$/.test(file))
      problems.push(`it holds ${file}`);
  for (const file of ['README.md', 'LICENSE'])
    if (!files.includes(file)) problems.push(`it lacks ${file}`);
  return problems.map((problem) => `${manifest.name}: ${problem}`);
}

/** Installs packages into an empty folder, imports and requires every entry of `imported`. */
async function install(title, installed, imported) {
  const folder = mkdtempSync(join(scratch, 'install-'));
  const dependencies = Object.fromEntries(
    [...installed].map((name) => [name, `file:${tarball(name)}`]),
  );
  const names = imported.flatMap((name) => entries(packages.get(name)));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies }),
  );
  writeFileSync(
    join(folder, 'import.mjs'),
    `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
for (const name of ${JSON.stringify(names)}) {
  const module = await import(name);
  if (require(name) !== module) throw new Error(\`require('\${name}') gives another module\`);
  if (Object.keys(module).length === 0) throw new Error(\`\${name} exports nothing\`);
}
`,
  );
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  const found = installedIn(folder);
  const expected = sorted([...installed, ...foreign(installed)]);
  if (JSON.stringify(found) !== JSON.stringify(expected))
    throw new Error(`${title} installs ${found.join(', ')}; expected ${expected.join(', ')}`);
  const problems = imported.flatMap((name) => checkInstalled(join(folder, 'node_modules', name)));
  if (problems.length > 0) throw new Error(problems.join('\n'));
  await run('node', ['import.mjs'], folder);
  console.log(`ok  ${title}: ${names.join(', ')}`);
}

try {
  const all = [...packages.keys()];
  await pack(all, scratch);
  const checks = [...packages.values()].flatMap((manifest) => [
    async () => {
      await run('publint', [tarball(manifest.name), '--strict']);
      await run('attw', [tarball(manifest.name), '--profile', 'esm-only', '--format', 'ascii']);
      const sizeKiB = Math.ceil(statSync(tarball(manifest.name)).size / 1024);
      if (sizeKiB > limitKiB)
        throw new Error(`${manifest.name} has ${sizeKiB} KiB packed, above ${limitKiB} KiB`);
      console.log(`ok  publint, attw: ${manifest.name}, ${sizeKiB} KiB`);
    },
    () => install(`${manifest.name} alone`, needed([manifest.name]), [manifest.name]),
  ]);
  checks.push(() => install('all together', all, all));
  const results = await Promise.allSettled(checks.map((check) => check()));
  const failures = results.filter((result) => result.status === 'rejected');
  for (const { reason } of failures) console.error(`\n${reason.message}`);
  if (failures.length > 0) process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
