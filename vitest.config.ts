import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// One project per package. Workspace packages resolve to their TypeScript source
// (the "@linkspan/source" export condition), so the tests need no build.
const roots = ['packages', 'apps', 'examples'].flatMap((folder) =>
  readdirSync(new URL(`./${folder}`, import.meta.url)).map((name) => ({
    name,
    root: `${folder}/${name}`,
  })),
);

/** Kits that run one case after another. */
const longest = /(?:nats|stdio|websocket)\/test\/(?:session\/)?conformance[\w-]*\.test\.ts$/;

/** Starts the longest files first: nothing waits for them at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- it is the sequencer's
    const sorted = await super.sort(files);
    const first = sorted.filter(({ moduleId }) => longest.test(moduleId));
    return [...new Set([...first, ...sorted])];
  }
}

export default defineConfig({
  ssr: {
    resolve: { conditions: ['@linkspan/source', 'module', 'node', 'development|production'] },
  },
  test: {
    // Most files wait for sockets and clocks more than they work.
    maxWorkers: 2 * availableParallelism(),
    sequence: { sequencer: LongestFirst },
    projects: [...roots, { name: 'bench', root: 'bench' }, { name: 'repository', root: '.' }].map(
      ({ name, root }) => ({
        extends: true,
        test: {
          name,
          root,
          include: ['test/**/*.test.ts'],
          setupFiles: [fileURLToPath(new URL('./test/seed.ts', import.meta.url))],
          testTimeout: 10_000,
          // Files of a package share workers, and the modules these have loaded: each for itself, they
          // take more than twice the time. A test leaves nothing behind in its process, but for the
          // broken transports of the testkit, which its leak probe would find.
          isolate: name === 'testkit',
          unstubEnvs: true,
          // The programs that tests start compile the sources once.
          env: {
            NODE_COMPILE_CACHE: fileURLToPath(
              new URL('./node_modules/.cache/compiled', import.meta.url),
            ),
          },
          // Those that run side by side wait for sockets and clocks more than they work.
          maxConcurrency: 5,
          restoreMocks: true,
        },
      }),
    ),
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text', 'json-summary', 'lcov'],
      thresholds: { lines: 80, branches: 60 },
    },
  },
});
