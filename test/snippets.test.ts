import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleUpstream } from './example-upstream.ts';
import { readSnippets, type Snippet } from './snippets.ts';
import { root } from './workspace.ts';

const execute = promisify(execFile);
/** Beside the tests, so that the snippets find the packages; not in node_modules, where Node runs no TypeScript. */
const folder = join(root, 'test', '.snippets');
const snippets = readSnippets().filter(({ mode }) => mode !== 'ignore');
const runnable = snippets.filter(({ mode }) => mode === 'run');
const parsesAwaitUsing = Number(process.versions.node.split('.')[0]) >= 24;
const server = exampleUpstream();

function fileOf({ place }: Snippet): string {
  return join(folder, `${place.replaceAll(/[^\w]+/g, '-')}.ts`);
}

beforeAll(async () => {
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const { port } = server.address() as AddressInfo;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const snippet of snippets) {
    const code = snippet.code
      .replaceAll('https://api.example.com', `http://127.0.0.1:${port}`)
      .replaceAll('wss://api.example.com', `ws://127.0.0.1:${port}`);
    // A snippet without an import is a script to TypeScript, and would share its names with others.
    writeFileSync(fileOf(snippet), `${code}\nexport {};\n`);
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.base.json',
      compilerOptions: {
        composite: false,
        declaration: false,
        declarationMap: false,
        emitDeclarationOnly: false,
        isolatedDeclarations: false,
        noEmit: true,
      },
      include: ['*.ts'],
    }),
  );
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

it('finds snippets in the documents', () => {
  expect(runnable.length).toBeGreaterThan(0);
});

it('type-checks every snippet', { timeout: 60_000 }, async () => {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = { cwd: folder, encoding: 'utf8' } as const;
  const checked = await execute(process.execPath, [tsc, '--pretty', 'false'], options).catch(
    (error: { readonly stdout: string }) => error,
  );

  // The sources of the packages are checked along; what is wrong there is not told here.
  const problems = checked.stdout
    .split('\n')
    .filter((line) => /^(?:[\w-]+\.ts\(|tsconfig\.json\(|error )/.test(line));
  expect(problems).toEqual([]);
});

describe.concurrent('a snippet', () => {
  for (const snippet of runnable) {
    const skip = !parsesAwaitUsing && /\bawait using\b/.test(snippet.code);
    it.skipIf(skip)(`${snippet.place} runs to its end`, { timeout: 30_000 }, async () => {
      const flags = ['--conditions=@linkspan/source', '--disable-warning=ExperimentalWarning'];
      const options = { cwd: folder, timeout: 20_000 };

      const ran = await execute(process.execPath, [...flags, fileOf(snippet)], options).catch(
        (error: { readonly stderr: string; readonly killed: boolean }) => error,
      );

      expect(ran.stderr).toBe('');
      expect(ran, 'the snippet ended with an exit code, or did not end').not.toBeInstanceOf(Error);
    });
  }
});
