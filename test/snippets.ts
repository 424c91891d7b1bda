import { find, read } from './workspace.ts';

/**
 * What happens to a block of TypeScript in a document: `run` is type-checked and executed,
 * `no-run` is type-checked, `ignore` is neither. A block marked `continued` goes on with the program
 * of the block before it.
 */
export type SnippetMode = 'run' | 'no-run' | 'ignore';

export interface Snippet {
  /** Where it stands: `README.md:12`. */
  readonly place: string;
  readonly mode: SnippetMode;
  readonly code: string;
}

/** The documents whose code has to work. */
const documents: readonly string[] = find(
  'README.md',
  'packages/*/README.md',
  'apps/*/README.md',
  'docs/**/*.md',
);

/** Every program in the documents, in order. */
export function readSnippets(): readonly Snippet[] {
  return documents.flatMap((document) => {
    const markdown = read(document);
    const snippets: Snippet[] = [];
    for (const match of markdown.matchAll(/^```ts(?: +(\S+))?\n([\s\S]*?)^```$/gm)) {
      const [, mode = 'run', code = ''] = match;
      const line = markdown.slice(0, match.index).split('\n').length;
      const place = `${document}:${line}`;
      const last = snippets.at(-1);
      if (mode === 'continued' && last !== undefined)
        snippets[snippets.length - 1] = { ...last, code: `${last.code}\n${code}` };
      else if (mode === 'run' || mode === 'no-run' || mode === 'ignore')
        snippets.push({ place, mode, code });
      else
        throw new Error(
          `${place}: found the fence "ts ${mode}", expected ts, ts continued, ts no-run or ts ignore`,
        );
    }
    return snippets;
  });
}
