import { ConnectionResetError } from '@linkspan/core';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { givenTo, readOverlapping, readScript } from '../overlapping-reads.ts';
import { openPushed, openWords } from './open-words.ts';

const kinds = {
  /** Tells of its end when it is read. */
  'is read': () => {
    const { stream, feed } = openWords();
    return { stream, body: feed };
  },
  /** Tells of its end at once, so that what is left is read ahead. */
  'is pushed': openPushed,
};

it.each(['is read', 'is pushed'] as const)(
  'hands over in the order in which was asked, however reads and a body that %s overlap',
  async (kind) => {
    const scripts = fc.tuple(
      readScript('nothing', 'one', 'two'),
      fc.constantFrom('complete', 'cut', 'fail', 'leave'),
      readScript(),
    );
    await fc.assert(
      fc.asyncProperty(scripts, async ([before, ending, after]) => {
        const { stream, body } = kinds[kind]();
        const events = stream[Symbol.asyncIterator]();
        const all: unknown[] = [];
        const put = (count: number): void => {
          const values = Array.from({ length: count }, (_, place) => `${all.length + place}`);
          all.push(...values);
          body.push(`${['.', ...values].join(' ')} `);
        };

        const script = [...before, ending, ...after];
        const { given, answered } = await readOverlapping(
          () => events.next(),
          script,
          (step) => {
            if (step === 'complete') body.push('END ');
            if (step === 'complete' || step === 'cut') body.end();
            else if (step === 'fail') body.fail(new ConnectionResetError('Cannot read: reset'));
            else if (step === 'leave') void events.return?.();
            else put(['nothing', 'one', 'two'].indexOf(step));
          },
        );

        // Who leaves has what was handed over until then.
        if (ending === 'leave') all.length = given.filter((value) => value !== 'end').length;
        const { error = 'end' } = ending === 'leave' ? {} : await finished(stream);
        expect(given).toEqual(givenTo(given.length, ...all, error));
        expect(answered).toEqual([...given.keys()]);
      }),
    );
  },
);

/** What a stream has failed with, when all of it was read. */
async function finished(stream: AsyncIterable<unknown>): Promise<{ readonly error?: unknown }> {
  try {
    for await (const _ of stream);
    return {};
  } catch (error) {
    return { error };
  }
}
