import * as fc from 'fast-check';

/** A read; one that is followed by another as soon as it is answered; and a turn for who waits. */
type ReadStep = 'read' | 'readOn' | 'turn';

/** Random reads among what a source does. */
export function readScript<Step extends string>(
  ...steps: readonly Step[]
): fc.Arbitrary<(ReadStep | Step)[]> {
  return fc.array(fc.constantFrom<ReadStep | Step>('read', 'readOn', 'turn', ...steps), {
    maxLength: 40,
  });
}

/**
 * Plays a script, and waits for all of its reads. Gives what each was given, in the order in which
 * they were asked for, and their places in the order in which they were answered.
 */
export async function readOverlapping<Step extends string>(
  next: () => Promise<IteratorResult<unknown, unknown>>,
  script: readonly (ReadStep | Step)[],
  act: (step: Step) => void,
): Promise<{ readonly given: unknown[]; readonly answered: number[] }> {
  const reads: Promise<IteratorResult<unknown, unknown>>[] = [];
  const answered: number[] = [];
  const read = (readsOn: boolean): void => {
    const place = reads.length;
    const asked = next();
    reads.push(asked);
    const onAnswer = (): void => {
      answered.push(place);
      if (readsOn) read(false);
    };
    asked.then(onAnswer, onAnswer);
  };
  for (const step of script) {
    // oxlint-disable-next-line no-await-in-loop -- one step after another
    if (step === 'turn') await Promise.resolve();
    else if (step === 'read' || step === 'readOn') read(step === 'readOn');
    else act(step);
  }
  const given: unknown[] = [];
  for (const asked of reads) {
    // oxlint-disable-next-line no-await-in-loop -- there may be more reads behind each
    given.push(await asked.then(toGiven, (error: unknown) => error));
  }
  return { given, answered };
}

function toGiven({ done, value }: IteratorResult<unknown, unknown>): unknown {
  return done === true ? 'end' : value;
}

/** What so many reads are given: first this, then the last of it again and again. */
export function givenTo(reads: number, ...all: readonly unknown[]): unknown[] {
  return Array.from({ length: reads }, (_, place) => all[Math.min(place, all.length - 1)]);
}
