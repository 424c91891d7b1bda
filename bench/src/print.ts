import type { Row } from './measure.ts';

/** Prints the rows of one question, fastest first. */
export function printRows(title: string, reference: string, rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length));
  console.log(`\n${title}\n${'CPU'.padStart(width + 11)}   x ${reference} (quartiles)`);
  for (const { name, microseconds, ratio, low, high } of rows.toSorted(
    (a, b) => a.ratio - b.ratio,
  )) {
    const cost = microseconds < 10 ? microseconds.toFixed(3) : microseconds.toFixed(1);
    console.log(
      `${name.padEnd(width)}  ${cost.padStart(7)} us  ${ratio.toFixed(2)}  (${low.toFixed(2)}–${high.toFixed(2)})`,
    );
  }
}
