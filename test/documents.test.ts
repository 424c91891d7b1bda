import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quotes, readExcerpts } from './snippets.ts';
import { find, read, root } from './workspace.ts';

const documents = find(
  '*.md',
  'docs/**/*.md',
  '{packages,apps,examples}/*/README.md',
  'bench/README.md',
);

describe.each(documents)('%s', (document) => {
  it('links only to files that are there', () => {
    const text = read(document).replaceAll(/^```[\s\S]*?^```$/gm, '');
    const links = [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
    const broken = links.filter(
      (link) => !/^[a-z]+:/.test(link) && !existsSync(join(root, dirname(document), link)),
    );

    expect(broken).toEqual([]);
  });
});

it('lists every decision in the index of the decisions', () => {
  const index = read('docs/decisions/README.md');
  const unlisted = find('docs/decisions/[0-9]*.md').filter(
    (file) => !index.includes(`(${file.slice('docs/decisions/'.length)})`),
  );

  expect(unlisted).toEqual([]);
});

it.each(readExcerpts())('$place quotes what stands in $file', ({ file, code }) => {
  expect(existsSync(join(root, file)), `${file} does not exist`).toBe(true);
  expect(quotes(read(file), code), code).toBe(true);
});

describe('quotes()', () => {
  const source = 'class A {\n  b(): void {}\n\n  c(): void {}\n}\n';

  it.each([
    ['whole lines', 'class A {\n  b(): void {}\n', true],
    ['lines further out', 'b(): void {}\n\nc(): void {}\n', true],
    ['a part of a line', 'b(): void', false],
    ['lines with one left out', 'b(): void {}\nc(): void {}\n', false],
    ['another line', 'b(): string {}\n', false],
  ])('tells %s', (_what, code, isQuoted) => {
    expect(quotes(source, code)).toBe(isQuoted);
  });
});
