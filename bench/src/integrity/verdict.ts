import type { StreamFault } from '@linkspan/testkit';
import type { Reading } from './reading-process.ts';

/** What a user sees of a stream. */
export type Verdict =
  /** All of it, and is told so. */
  | 'complete'
  /** A failure, and there was one. */
  | 'right failure'
  /** A part of it, or an error lost, and is told that all went well. */
  | 'silent truncation'
  /** A failure, though the stream was good. */
  | 'needless failure'
  /** Nothing, however long the wait. */
  | 'hang'
  /** The end of the program. */
  | 'crash';

/** Which verdicts are right: the others are what a user complains of. */
export const RIGHT: ReadonlySet<Verdict> = new Set(['complete', 'right failure']);

/** Judges one reading of a stream that has `text` when it is whole. */
export function judge(fault: StreamFault, reading: Reading, text: string): Verdict {
  if (reading === 'hang' || reading === 'crash') return reading;
  if (!reading.resolved) return fault.expect === 'complete' ? 'needless failure' : 'right failure';
  if (fault.expect === 'not-complete') return 'silent truncation';
  const isWhole =
    fault.expect === 'complete' ? reading.text === text : reading.text.length >= text.length;
  return isWhole ? 'complete' : 'silent truncation';
}
