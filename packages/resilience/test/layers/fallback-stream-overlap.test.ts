import { ConnectionResetError, type Outcome } from '@linkspan/core';
import { type OpenedStream, streamWithFallback } from '@linkspan/resilience';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { givenTo, readOverlapping, readScript } from '../overlapping-reads.ts';

/** A stream whose reader waits for what a test puts in. */
class HandFedStream implements OpenedStream<string, string> {
  readonly partial = '';
  readonly #outcome = Promise.withResolvers<Outcome>();
  readonly #steps: (string | Error | 'end')[] = [];
  #reader: PromiseWithResolvers<IteratorResult<string, undefined>> | undefined;

  get outcome(): Promise<Outcome> {
    return this.#outcome.promise;
  }

  put(step: string | Error | 'end'): void {
    this.#steps.push(step);
    this.#answer();
  }

  result(): Promise<string> {
    return Promise.resolve('');
  }

  cancel(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncIterator](): AsyncIterator<string, undefined> {
    return {
      next: () => {
        this.#reader = Promise.withResolvers();
        const { promise } = this.#reader;
        this.#answer();
        return promise;
      },
    };
  }

  #answer(): void {
    const reader = this.#reader;
    const step = this.#steps[0];
    if (reader === undefined || step === undefined) return;
    this.#reader = undefined;
    this.#steps.shift();
    if (step instanceof Error) reader.reject(step);
    else if (step !== 'end') reader.resolve({ done: false, value: step });
    else {
      this.#outcome.resolve({ status: 'complete', events: 0 });
      reader.resolve({ done: true, value: undefined });
    }
  }
}

it('hands over in the order in which was asked, however reads, events and ways overlap', async () => {
  const scripts = fc.tuple(
    readScript('event', 'event', 'break'),
    fc.constantFrom('end', 'fail', 'leave'),
    readScript(),
  );
  await fc.assert(
    fc.asyncProperty(scripts, async ([before, ending, after]) => {
      const count = before.filter((step) => step === 'break').length + 1;
      const ways = Array.from({ length: count }, () => new HandFedStream());
      const stream = streamWithFallback(
        ways.map((way) => () => way),
        { restart: true },
      );
      const events = stream[Symbol.asyncIterator]();
      const all: unknown[] = [];
      let way = 0;
      const reset = (): Error => new ConnectionResetError('Cannot read: reset', { phase: 'body' });

      const { given, answered } = await readOverlapping(
        () => events.next(),
        [...before, ending, ...after],
        (step) => {
          if (step === 'event') {
            all.push(`${all.length}`);
            ways[way]!.put(`${all.length - 1}`);
          } else if (step === 'break') ways[way++]!.put(reset());
          else if (step === 'leave') void events.return?.();
          else ways[way]!.put(step === 'end' ? 'end' : reset());
        },
      );

      // Who leaves has what was handed over until then.
      if (ending === 'leave') all.length = given.filter((value) => value !== 'end').length;
      const last = ending === 'fail' ? given[all.length] : 'end';
      expect(given).toEqual(givenTo(given.length, ...all, last));
      expect(answered).toEqual([...given.keys()]);
      expect(last === undefined || last === 'end').toBe(!(last instanceof Error));
    }),
  );
});
