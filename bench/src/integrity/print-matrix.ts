import type { Cell, Column } from './run-matrix.ts';
import { RIGHT, type Verdict } from './verdict.ts';

const VERDICTS: readonly Verdict[] = [
  'complete',
  'right failure',
  'silent truncation',
  'needless failure',
  'hang',
  'crash',
];

/** What became of every stream, as a page in Markdown. */
export function printMatrix(columns: readonly Column[], versions: readonly string[]): string {
  const protocols = [...new Set(columns.map(({ reader }) => reader.protocol))];
  return [
    '# What becomes of a broken stream',
    '',
    'Every streaming protocol of Linkspan, read with each fault that a server can play: by Linkspan, and by the official client where npm has one. Written by `npm run integrity`; the faults are [`streamFaults()`](../packages/testkit/README.md) of good streams that say `Grüße, 世界 🌍.`, served on loopback by `faultServer()`. Each client is used as its documentation shows, with its own retries off, and its own timeout of 800 ms where it has one.',
    '',
    ...legend(),
    '',
    `Versions: ${versions.join(', ')}.`,
    '',
    '## All of them',
    '',
    'Linkspan is also read with the cuts and errors at every boundary between two events.',
    '',
    ...summary(columns),
    ...protocols.flatMap((protocol) => [
      '',
      `## ${protocol}`,
      '',
      ...table(columns.filter(({ reader }) => reader.protocol === protocol)),
    ]),
    '',
  ].join('\n');
}

function legend(): readonly string[] {
  return [
    '- **complete**: the user has all of the text, and is told that it is complete.',
    '- **right failure**: the stream was broken, and the user is told.',
    '- **silent truncation**: the user has a part of it, or an error was lost, and is told that all is well.',
    '- **needless failure**: the stream was good, and the client failed.',
    '- **hang**: nothing came within 5 s. **crash**: an error that nobody can catch ended the process.',
  ];
}

function summary(columns: readonly Column[]): readonly string[] {
  const rows = columns.map(({ reader, cells }) => {
    const counts = VERDICTS.map((verdict) => count(cells, verdict) || '');
    return `| ${reader.name} | ${reader.protocol} | ${counts.join(' | ')} |`;
  });
  return [
    `| client | protocol | ${VERDICTS.join(' | ')} |`,
    `|---|---|${'--:|'.repeat(VERDICTS.length)}`,
    ...rows,
  ];
}

function count(cells: readonly Cell[], verdict: Verdict): number {
  return cells.filter((cell) => cell.verdict === verdict).length;
}

function table(columns: readonly Column[]): readonly string[] {
  const faults = (columns.at(-1)?.cells ?? []).map(({ fault }) => fault);
  const shown = faults.filter(({ id }) => !/ after \d+$/.test(id));
  const rows = shown.map(({ id, title }) => {
    const cells = columns.map((column) => cellOf(column, id));
    return `| ${title} | ${cells.join(' | ')} |`;
  });
  return [
    `| the server | ${columns.map(({ reader }) => reader.name).join(' | ')} |`,
    `|---|${'---|'.repeat(columns.length)}`,
    ...rows,
  ];
}

function cellOf({ cells }: Column, id: string): string {
  const verdict = cells.find(({ fault }) => fault.id === id)?.verdict;
  if (verdict === undefined) return '';
  return RIGHT.has(verdict) ? verdict : `**${verdict}**`;
}
