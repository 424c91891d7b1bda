import { Deadline } from '@linkspan/concurrency';
import { ConnectionResetError, createBody } from '@linkspan/core';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { DecodedBody } from '../../src/client/decoded-body.ts';
import { givenTo, readOverlapping, readScript } from '../overlapping-reads.ts';
import { Feed } from '../stream/open-words.ts';

const context = {
  signal: undefined,
  deadline: Deadline.never(),
  attempt: 1,
  streaming: false,
  attemptMs: Infinity,
  idleMs: Infinity,
  acceptStatus: () => true,
};

it('hands over in the order in which was asked, however reads and chunks overlap', async () => {
  const scripts = fc.tuple(
    readScript('nothing', 'one', 'two'),
    fc.constantFrom('end', 'fail'),
    readScript(),
  );
  await fc.assert(
    fc.asyncProperty(scripts, async ([before, ending, after]) => {
      const feed = new Feed();
      const decoder = new TextDecoder();
      const decoded = new DecodedBody(createBody(feed, context), {
        push: (chunk) => decoder.decode(chunk).trim().split(' ').filter(Boolean),
        end: () => ['rest'],
      });
      const failure = new ConnectionResetError('Cannot read: reset');
      const all: unknown[] = [];
      const put = (count: number): void => {
        const values = Array.from({ length: count }, (_, place) => `${all.length + place}`);
        all.push(...values);
        feed.push(`${values.join(' ')} `);
      };

      const script = [...before, ending, ...after];
      const { given, answered } = await readOverlapping(
        () => decoded.next(),
        script,
        (step) => {
          if (step === 'end') feed.end();
          else if (step === 'fail') feed.fail(failure);
          else put(['nothing', 'one', 'two'].indexOf(step));
        },
      );

      all.push(ending === 'end' ? 'rest' : failure, 'end');
      expect(given).toEqual(givenTo(given.length, ...all));
      expect(answered).toEqual([...given.keys()]);
    }),
  );
});

it('gives a read that waits its end when it is left, not what had half come', async () => {
  const feed = new Feed();
  const decoded = new DecodedBody(createBody(feed, context), {
    push: () => [],
    end: () => ['half'],
  });
  const read = decoded.next();
  feed.push('ha');
  await decoded.return();

  expect(await read).toEqual({ done: true, value: undefined });
});
