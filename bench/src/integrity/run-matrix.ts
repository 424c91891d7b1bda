import { type FaultServer, type StreamFault, sampleStreams, streamFaults } from '@linkspan/testkit';
import type { StreamReader } from './reader.ts';
import { type Reading, ReadingProcess } from './reading-process.ts';
import { withHandshake } from './serve-sample.ts';
import { judge, type Verdict } from './verdict.ts';

/** What the samples say, whole. */
const TEXT = 'Grüße, 世界 🌍.';

/** How long a reading may take before it hangs: several times the clocks that the clients have. */
const LIMIT_MS = 5_000;

/** One reading of one fault by one client. */
export interface Cell {
  readonly fault: StreamFault;
  readonly verdict: Verdict;
  readonly reading: Reading;
}

/** One client, and what it made of every fault. */
export interface Column {
  readonly side: 'linkspan' | 'official';
  readonly reader: StreamReader;
  readonly cells: readonly Cell[];
}

/** Has one client read every fault of its protocol, one after another. */
export async function runReader(
  server: FaultServer,
  side: Column['side'],
  position: number,
  reader: StreamReader,
): Promise<Column> {
  const process = new ReadingProcess(side, position, LIMIT_MS);
  const cells: Cell[] = [];
  for (const fault of faultsOf(reader, side)) {
    const url = server.script(withHandshake(reader.protocol, fault.play));
    // oxlint-disable-next-line no-await-in-loop -- one reading after another
    const reading = await process.read({ url, times: fault.requests });
    cells.push({ fault, reading, verdict: judge(fault, reading, TEXT) });
  }
  process.stop();
  return { side, reader, cells };
}

/** The faults of a protocol; of ours, those of a cut stream are also made at every boundary. */
function faultsOf({ protocol }: StreamReader, side: Column['side']): readonly StreamFault[] {
  const sample = sampleStreams[protocol];
  const faults = [...streamFaults(sample)];
  if (side === 'official') return faults;
  const known = new Set(faults.map(({ id }) => id));
  // Without a terminator, all of the events are a whole stream.
  const most = sample.events.length - Math.max(1, sample.terminal);
  for (let events = 0; events <= most; events += 1) {
    const cuts = streamFaults(sample, { cutAfterEvents: events }).filter(
      ({ id }) => known.has(id) && /^(reset-|closed-|eof-|error-|malformed-)/.test(id),
    );
    faults.push(...cuts.map((fault) => ({ ...fault, id: `${fault.id} after ${events}` })));
  }
  return faults;
}
