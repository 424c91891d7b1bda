import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top folder of the checkout. */
export const root: string = fileURLToPath(new URL('..', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly description: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** One workspace package, as it is on disk. */
export interface WorkspacePackage {
  /** From the top of the checkout, with forward slashes: `packages/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Reads a file of the checkout. */
export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Files of the checkout by patterns, with forward slashes, in order of name. */
export function find(...patterns: readonly string[]): readonly string[] {
  return globSync(patterns, { cwd: root, exclude: (name) => name === 'node_modules' })
    .map((file) => file.replaceAll('\\', '/'))
    .toSorted();
}

export function readJson<T>(file: string): T {
  return JSON.parse(read(file)) as T;
}

/** The packages that users install. */
export const packages: readonly WorkspacePackage[] = find('packages/*/package.json').map(
  (file) => ({
    folder: file.slice(0, -'/package.json'.length),
    manifest: readJson<Manifest>(file),
  }),
);

/** The modules that a source file imports, by static and dynamic imports; types included. */
export function importsOf(source: string): readonly string[] {
  const fixed = /^(?:import|export)\b(?:[^;'"]*?\bfrom)?\s*['"]([^'"]+)['"]/gm;
  const dynamic = /^(?!\s*(?:\*|\/\/)).*\bimport\(\s*['"]([^'"]+)['"]/gm;
  return [fixed, dynamic].flatMap((pattern) =>
    [...source.matchAll(pattern)].map((match) => match[1] as string),
  );
}

/** `@linkspan/core/zod` belongs to the package `@linkspan/core`, `undici/x` to `undici`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
