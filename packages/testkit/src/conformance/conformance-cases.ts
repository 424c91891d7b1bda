import { p1Abort } from './cases/p1-abort.ts';
import { p1Clocks } from './cases/p1-clocks.ts';
import { p1Rejections } from './cases/p1-rejections.ts';
import { p2OwnAnswers } from './cases/p2-own-answers.ts';
import { p3Leaving } from './cases/p3-leaving.ts';
import { p4Feeds } from './cases/p4-feeds.ts';
import { p4Payloads } from './cases/p4-payloads.ts';
import { p4WholeOrFailed } from './cases/p4-whole-or-failed.ts';
import { p5Backpressure } from './cases/p5-backpressure.ts';
import { p5Duplex } from './cases/p5-duplex.ts';
import { p6Closing } from './cases/p6-closing.ts';
import { p7NothingLeft } from './cases/p7-nothing-left.ts';
import { p8Truth } from './cases/p8-truth.ts';
import type { ConformanceCase } from './conformance-case.ts';

const cases: readonly ConformanceCase[] = [
  ...p1Rejections,
  ...p1Abort,
  ...p1Clocks,
  ...p2OwnAnswers,
  ...p3Leaving,
  ...p4WholeOrFailed,
  ...p4Feeds,
  ...p4Payloads,
  ...p5Backpressure,
  ...p5Duplex,
  ...p6Closing,
  ...p7NothingLeft,
  ...p8Truth,
];

/**
 * What a transport has to keep, as data: over all eight promises, many with a fault inside. They are
 * the same for every transport; only its own `capabilities` excuse it from one.
 */
export function conformanceCases(): readonly ConformanceCase[] {
  return cases;
}
