import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { root } from './workspace.ts';

/** Prints what importing an entry loads: packages that are not ours, and modules of Node. */
function foreignModules(entry: string, options: { readonly withoutNode?: boolean } = {}): string[] {
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = new Set();
    registerHooks({
      resolve(specifier, context, next) {
        const result = next(specifier, context);
        const match = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(result.url);
        if (match !== null) loaded.add(match[1]);
        else if (result.url.startsWith('node:')) loaded.add(result.url);
        return result;
      },
    });
    const write = process.stdout.write.bind(process.stdout);
    if (${String(options.withoutNode ?? false)})
      for (const name of ['Buffer', 'process', 'global', 'setImmediate', 'clearImmediate'])
        delete globalThis[name];
    await import(${JSON.stringify(entry)});
    write(JSON.stringify([...loaded]));
  `;
  const flags = ['--conditions=@linkspan/source', '--input-type=module', '--eval', program];
  const output = execFileSync(process.execPath, flags, {
    cwd: `${root}/test`,
    encoding: 'utf8',
  });
  return JSON.parse(output) as string[];
}

describe.each([
  '@linkspan/concurrency',
  '@linkspan/core',
  '@linkspan/core/wire',
  '@linkspan/dialects',
  '@linkspan/resilience',
])('%s', (entry) => {
  it('loads nothing but this repository, and works without the globals of Node', () => {
    expect(foreignModules(entry, { withoutNode: true })).toEqual([]);
  });
});

it('loads ws and Node with @linkspan/websocket, and no other package', () => {
  const loaded = foreignModules('@linkspan/websocket').filter((name) => !name.startsWith('node:'));

  expect(loaded).toEqual(['ws']);
});

it.each(['@linkspan/http', '@linkspan/sdk', '@linkspan/sdk/openai', '@linkspan/sdk/anthropic'])(
  'loads undici and Node with %s, and no other package',
  (entry) => {
    const loaded = foreignModules(entry).filter((name) => !name.startsWith('node:'));

    expect(loaded).toEqual(['undici']);
  },
);

it('loads no SDK and no zod with the umbrella', () => {
  const loaded = foreignModules('linkspan').filter((name) => !name.startsWith('node:'));

  expect(loaded.toSorted()).toEqual(['undici', 'ws']);
});
