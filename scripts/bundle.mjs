// Writes the JavaScript of every package: one file an entry, because an import costs by the number
// of modules it loads (docs/decisions/0005-one-file-an-entry.md). The declarations are tsc's.
import { globSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { build } from 'vite';

for (const manifest of globSync('packages/*/package.json')) {
  const folder = dirname(manifest);
  const { exports: entries } = JSON.parse(readFileSync(manifest, 'utf8'));
  const sources = Object.values(entries).flatMap((target) => target['@linkspan/source'] ?? []);
  await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      ssr: true,
      target: 'es2024',
      minify: false,
      sourcemap: true,
      outDir: join(folder, 'dist'),
      emptyOutDir: false,
      rollupOptions: {
        input: Object.fromEntries(
          sources.map((source) => [
            source.slice('./src/'.length, -'.ts'.length),
            join(folder, source),
          ]),
        ),
        // Only a package's own files go into its bundle.
        external: (id) => !id.startsWith('.') && !isAbsolute(id),
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: 'shared/[name].js',
          // What entries share is one file: else each new entry cuts the others into more of them.
          codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
          // The declarations have them, where editors look.
          comments: false,
          // The sources are in the package.
          sourcemapExcludeSources: true,
        },
      },
    },
  });
}
