import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { find, packages, read } from './workspace.ts';

const sources = find('{packages,apps,examples}/*/src/**/*.ts', 'bench/src/**/*.ts');
const tests = find('{packages,apps,examples}/*/test/**/*.ts', 'bench/test/**/*.ts', 'test/*.ts');
/** A list of names, written by a command. */
const umbrella = 'packages/linkspan/src/index.ts';
const vague = /^(utils?|helpers?|types?|common|misc|shared)$/;

describe('a file', () => {
  it('has a name in kebab-case that says what it exports', () => {
    const names = [...sources, ...tests].filter((file) => {
      const [stem = '', ...suffixes] = basename(file, '.ts').split('.');
      return (
        !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(stem) ||
        vague.test(stem) ||
        !['', 'test', 'test-d'].includes(suffixes.join('.'))
      );
    });

    expect(names).toEqual([]);
  });

  it.each([
    ['source', sources],
    ['test', tests],
  ])('is short enough to be read: %s', (_kind, files) => {
    const long = files
      .filter((file) => file !== umbrella)
      .map((file) => ({ file, lines: read(file).trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > 320);

    expect(long).toEqual([]);
  });

  it('names what it exports: no default export, no `export *`', () => {
    const careless = sources.filter((file) => /^export (default\b|\*(?! as))/m.test(read(file)));

    expect(careless).toEqual([]);
  });
});

/** The text of the comment that a source file opens with, on one line. */
function openingComment(source: string): string {
  const lines = source.split('\n');
  const end = lines.findIndex((line) => !/^\s*(\/\/|\/\*|\*)/.test(line));
  const text = lines.slice(0, end).map((line) => line.replace(/^\s*(\/\/|\/\*+|\*\/|\*)/, ''));
  return text.join(' ').replace('*/', '').replaceAll(/\s+/g, ' ').trim();
}

/** The first paragraph under the title of a README, on one line. */
function firstParagraph(markdown: string): string {
  const blocks = markdown.split(/\n\s*\n/).map((block) => block.trim());
  return (blocks.find((block) => !block.startsWith('#')) ?? '').replaceAll(/\s+/g, ' ');
}

describe.each(packages)('$manifest.name', ({ folder }) => {
  it('opens its index with the first paragraph of its README', () => {
    const header = openingComment(read(`${folder}/src/index.ts`));

    expect(header).not.toBe('');
    expect(header).toBe(firstParagraph(read(`${folder}/README.md`)));
  });

  it('has an index that is a list of names', () => {
    const code = read(`${folder}/src/index.ts`)
      .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      .replaceAll(/export (\* as \w+|(type )?\{[^}]*\}) from '[^']+';/g, '');

    expect(code.trim()).toBe('');
  });
});
