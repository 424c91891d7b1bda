import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { find, read, root } from './workspace.ts';

const documents = find('*.md', 'docs/**/*.md', '{packages,apps}/*/README.md', 'bench/README.md');

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
