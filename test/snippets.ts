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
  'examples/*/README.md',
  'docs/**/*.md',
);

/** A block that quotes a file of the checkout: its fence names the file. */
export interface Excerpt {
  readonly place: string;
  /** `examples/transport-gopher/src/errors.ts` */
  readonly file: string;
  readonly code: string;
}

interface Block {
  readonly document: string;
  readonly place: string;
  /** What stands behind `ts` in the fence. */
  readonly mode: string;
  readonly code: string;
}

/** Every program in the documents, in order. */
export function readSnippets(): readonly Snippet[] {
  const snippets: Snippet[] = [];
  let previous = '';
  for (const { document, place, mode, code } of readBlocks()) {
    const last = snippets.at(-1);
    if (mode === 'continued' && last !== undefined && previous === document)
      snippets[snippets.length - 1] = { ...last, code: `${last.code}\n${code}` };
    else if (mode === 'run' || mode === 'no-run' || mode === 'ignore')
      snippets.push({ place, mode, code });
    else if (!mode.startsWith('file='))
      throw new Error(
        `${place}: found the fence "ts ${mode}", expected ts, ts continued, ts no-run, ts ignore or ts file=<path>`,
      );
    previous = document;
  }
  return snippets;
}

/** Every quotation in the documents, in order. */
export function readExcerpts(): readonly Excerpt[] {
  return readBlocks().flatMap(({ place, mode, code }) =>
    mode.startsWith('file=') ? [{ place, file: mode.slice('file='.length), code }] : [],
  );
}

/** Whether the lines of a text stand in another one after another, however far they are indented. */
export function quotes(source: string, code: string): boolean {
  const lines = code.trimEnd().split('\n');
  return ['', '  ', '    ', '      '].some((indent) => {
    const quoted = lines.map((line) => (line === '' ? '' : indent + line)).join('\n');
    return `\n${source}`.includes(`\n${quoted}\n`);
  });
}

function readBlocks(): readonly Block[] {
  return documents.flatMap((document) => {
    const markdown = read(document);
    return [...markdown.matchAll(/^```ts(?: +(\S+))?\n([\s\S]*?)^```$/gm)].map((match) => {
      const [, mode = 'run', code = ''] = match;
      const line = markdown.slice(0, match.index).split('\n').length;
      return { document, place: `${document}:${line}`, mode, code };
    });
  });
}
