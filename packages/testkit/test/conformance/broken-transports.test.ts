import { beforeAll, describe, expect, it } from 'vitest';
import { brokenTransports } from './broken/broken-transports.ts';
import { type Score, scoresOf } from './score.ts';

/** What hangs is waited for as long. */
const PATIENCE_MS = 1_000;

let scores: readonly Score[] = [];

beforeAll(async () => {
  scores = await scoresOf(brokenTransports, PATIENCE_MS);
}, 180_000);

describe('the conformance kit', () => {
  it.each(brokenTransports.map(({ id, bug }) => [id, bug] as const))(
    'catches %s, which %s',
    (id) => {
      const { reason, broken } = scores.find((score) => score.broken.id === id) as Score;

      expect(reason).toBeTypeOf('string');
      // An error that nobody handles may be that of a neighbour.
      expect(reason?.startsWith('Nobody was told')).toBe(broken.isAlone ?? false);
    },
  );
});
