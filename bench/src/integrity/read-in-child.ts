// Reads streams for integrity.ts in a process of its own, which a client may break. It is told which
// reader it is, then which URLs to read; what nobody catches ends it, as it would end a program.
import type { StreamReader } from './reader.ts';

/** What the parent asks. */
export interface ReadOrder {
  readonly url: string;
  readonly times: number;
}

/** What became of the last reading. */
export type ReadResult =
  | { readonly resolved: true; readonly text: string }
  | { readonly resolved: false; readonly error: string };

const [, , side, position] = process.argv;
const reader = (await readers())[Number(position)] as StreamReader;

async function readers(): Promise<readonly StreamReader[]> {
  if (side === 'linkspan') return (await import('./linkspan-readers.ts')).linkspanReaders;
  return (await import('./official-readers.ts')).officialReaders;
}

async function read({ url, times }: ReadOrder): Promise<ReadResult> {
  let result: ReadResult = { resolved: false, error: 'it was not read' };
  for (let time = 0; time < times; time += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one reading after another
    result = await reader.read(url).then(
      (text) => ({ resolved: true as const, text }),
      (error: unknown) => ({ resolved: false as const, error: summary(error) }),
    );
  }
  return result;
}

function summary(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 160) : String(error);
}

process.on('message', (order: ReadOrder) => {
  void read(order).then((result) => {
    // What a client throws behind its answer is seen before the next order.
    setTimeout(() => process.send?.(result), 20);
  });
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
