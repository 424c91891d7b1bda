import { packages, read, type WorkspacePackage } from './workspace.ts';

/** The public names of one entry of a package. */
export interface EntryNames {
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/** Where the committed list is, from the top of the checkout. */
export const committedNames = 'test/public-names.json';

/** The entries that users import, with the source file of each. */
export function entriesOf({
  folder,
  manifest,
}: WorkspacePackage): readonly { readonly name: string; readonly file: string }[] {
  return Object.entries(manifest.exports ?? {}).flatMap(([path, target]) => {
    if (typeof target === 'string') return [];
    const source = (target['@linkspan/source'] ?? '').replace('./', '');
    return [{ name: manifest.name + path.slice(1), file: `${folder}/${source}` }];
  });
}

/** The names that each entry of each package exports, as its source lists them. */
export function readPublicNames(
  of: readonly WorkspacePackage[] = packages,
): Readonly<Record<string, EntryNames>> {
  return Object.fromEntries(
    of.flatMap(entriesOf).map(({ name, file }) => [name, namesIn(read(file))]),
  );
}

function namesIn(source: string): EntryNames {
  const values: string[] = [];
  const types: string[] = [];
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  for (const [, areTypes, list = ''] of code.matchAll(/^export (type )?\{([^}]*)\}/gm))
    for (const item of list.split(',')) {
      const words = item.trim().split(/\s+/);
      const name = words.at(-1);
      if (!name) continue;
      if (areTypes !== undefined || words[0] === 'type') types.push(name);
      else values.push(name);
    }
  for (const [, name = ''] of code.matchAll(/^export \* as (\w+) from/gm)) values.push(name);
  for (const [, name = ''] of code.matchAll(
    /^export (?:declare )?(?:const|class|(?:async )?function\*?) (\w+)/gm,
  ))
    values.push(name);
  for (const [, name = ''] of code.matchAll(/^export (?:interface|type) (\w+)/gm)) types.push(name);
  return { values: values.toSorted(), types: types.toSorted() };
}
