import { Deadline, ManualClock } from '@linkspan/concurrency';
import { ConnectionResetError, createEventStream } from '@linkspan/core';
import { openaiChat } from '@linkspan/dialects';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type BodySource, HttpBody } from '../../src/call/http-body.ts';
import { givenTo, readOverlapping, readScript } from '../overlapping-reads.ts';

/** A source whose clock runs exactly while somebody waits. */
class WatchedSource implements BodySource {
  isWaitedFor = false;

  resume(): void {}

  startWaiting(): void {
    this.isWaitedFor = true;
  }

  stopWaiting(): void {
    this.isWaitedFor = false;
  }

  abandon(): void {}
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

it('hands over in the order in which was asked, however reads and chunks overlap', async () => {
  const scripts = fc.tuple(
    readScript('chunk'),
    fc.constantFrom('end', 'fail', 'abort', 'cancel'),
    readScript(),
  );
  await fc.assert(
    fc.asyncProperty(scripts, async ([before, ending, after]) => {
      const source = new WatchedSource();
      const body = new HttpBody(source);
      const reader = body[Symbol.asyncIterator]();
      const failure = new ConnectionResetError('Cannot read: reset');
      const all: unknown[] = [];
      let asked = 0;
      /** Whether the clock ran behind each chunk, and whether somebody waited. */
      const waits: [boolean, boolean][] = [];

      const { given, answered } = await readOverlapping(
        () => {
          asked += 1;
          return reader.next();
        },
        [...before, ending, ...after],
        (step) => {
          // What nobody has asked for yet is dropped.
          const isDropped = (step === 'abort' || step === 'cancel') && asked < all.length;
          if (isDropped) all.length = asked;
          if (step === 'end') body.end();
          else if (step === 'fail') body.fail(failure);
          else if (step === 'abort') body.abort(failure);
          else if (step === 'cancel') void body.cancel();
          else {
            const chunk = bytes(`${all.length}`);
            all.push(chunk);
            body.push(chunk);
            waits.push([source.isWaitedFor, asked > all.length]);
          }
        },
      );

      if (ending === 'fail' || ending === 'abort') all.push(failure);
      expect(given).toEqual(givenTo(given.length, ...all, 'end'));
      expect(waits.every(([runs, isWaited]) => runs === isWaited)).toBe(true);
      expect(answered).toEqual([...given.keys()]);
    }),
  );
});

it('hands over its events in the order in which was asked, however reads and chunks overlap', async () => {
  const scripts = fc.tuple(
    readScript('nothing', 'one', 'two'),
    fc.constantFrom('complete', 'cut', 'fail'),
    readScript(),
  );
  const context = { signal: undefined, deadline: Deadline.never(new ManualClock()) };
  const head = { status: 200, headers: { 'content-type': 'text/event-stream' }, context };
  await fc.assert(
    fc.asyncProperty(scripts, async ([before, ending, after]) => {
      const body = new HttpBody(new WatchedSource());
      const stream = createEventStream(body, openaiChat, head);
      const events = stream[Symbol.asyncIterator]();
      const all: unknown[] = [];
      const put = (count: number): void => {
        const values = Array.from({ length: count }, (_, place) => `${all.length + place}`);
        all.push(...values);
        const frames = values.map((id) => `data: {"id":"${id}","choices":[]}\n\n`);
        body.push(bytes([': comment\n\n', ...frames].join('')));
      };

      const { given, answered } = await readOverlapping(
        () => events.next(),
        [...before, ending, ...after],
        (step) => {
          if (step === 'complete') body.push(bytes('data: [DONE]\n\n'));
          if (step === 'complete' || step === 'cut') body.end();
          else if (step === 'fail') body.fail(new ConnectionResetError('Cannot read: reset'));
          else put(['nothing', 'one', 'two'].indexOf(step));
        },
      );

      const last = await events.next().then(
        () => 'end',
        (error: unknown) => error,
      );
      const ids = given.map((value) => (value as { id?: string }).id ?? value);
      expect(ids.slice(0, all.length)).toEqual(all.slice(0, ids.length));
      expect(ids.slice(all.length).every((value) => value === last)).toBe(true);
      expect(answered).toEqual([...given.keys()]);
    }),
  );
});
