// Packs the public packages as users get them, for the scripts that look at what they bring.
import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const windows = process.platform === 'win32';
const execute = promisify(execFile);

/** Runs a tool of node_modules/.bin or npm; on Windows these are .cmd files, which want a shell. */
export async function run(command, args, cwd = process.cwd()) {
  try {
    const words = windows ? args.map((word) => `"${word}"`) : args;
    const { stdout } = await execute(command, words, { cwd, shell: windows, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    const said = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim();
    throw new Error(`${command} ${args.join(' ')}\n${said || error.message}`, { cause: error });
  }
}

export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** The manifests of the public packages, by name. */
export const packages = new Map(
  globSync('packages/*/package.json')
    .map((file) => readJson(file))
    .filter((manifest) => manifest.private !== true)
    .map((manifest) => [manifest.name, manifest]),
);

/** The packages of this repository that these need, themselves included. */
export function needed(names, found = new Set()) {
  for (const name of names) {
    if (!packages.has(name) || found.has(name)) continue;
    found.add(name);
    needed(Object.keys(packages.get(name).dependencies ?? {}), found);
  }
  return found;
}

/** Sorts names, for lists that are compared and shown. */
export const sorted = (names) => [...names].toSorted((a, b) => (a < b ? -1 : 1));

/** What these bring of others: the dependencies of all that they need. */
export function foreign(names) {
  const all = [...needed(names)].flatMap((name) =>
    Object.keys(packages.get(name).dependencies ?? {}),
  );
  return sorted(new Set(all.filter((name) => !packages.has(name))));
}

/** A folder for what a script makes, and where the tarball of a package is in it. */
export function packFolder(title) {
  const folder = mkdtempSync(join(tmpdir(), `linkspan-${title}-`));
  const tarball = (name) => {
    const file = `${name.replace('@', '').replace('/', '-')}-${packages.get(name).version}.tgz`;
    return join(folder, file);
  };
  return { folder, tarball };
}

/** Packs these into the folder. It wants a fresh build: `npm run build`. */
export async function pack(names, folder) {
  const filters = [...names].flatMap((name) => ['--filter', name]);
  await run('pnpm', ['-r', ...filters, 'pack', '--pack-destination', folder]);
}

/** What npm put into a folder's node_modules. */
export function installedIn(folder) {
  const paths = Object.keys(readJson(join(folder, 'package-lock.json')).packages);
  return sorted(
    paths.filter((path) => path !== '').map((path) => path.split('node_modules/').at(-1)),
  );
}
