import { getEventListeners } from 'node:events';
import { ConnectionResetError } from '@linkspan/core';
import { type OpenedStream, streamWithFallback, type Way } from '@linkspan/resilience';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readAll, ScriptedStream, type Step } from './scripted-stream.ts';

/** What a way does: it is never open, or hands over so many events and ends so. */
interface WayScript {
  readonly opens: boolean;
  readonly events: number;
  readonly end: 'complete' | 'breaks' | 'ends quietly';
}

const wayScript: fc.Arbitrary<WayScript> = fc.record({
  opens: fc.boolean(),
  events: fc.nat({ max: 3 }),
  end: fc.constantFrom('complete', 'breaks', 'ends quietly'),
});

const scenario = fc.record({
  ways: fc.array(wayScript, { minLength: 1, maxLength: 5 }),
  restart: fc.boolean(),
  /** How it is given up, and after how many events. */
  leaves: fc.constantFrom('never', 'break', 'abort', 'cancel'),
  after: fc.nat({ max: 4 }),
});

/** What its reader should be given, by the rules alone: the events, and whether it comes to its end. */
function expected(ways: readonly WayScript[], restart: boolean) {
  const events: string[] = [];
  for (const [index, { opens, events: count, end }] of ways.entries()) {
    if (opens) for (let event = 0; event < count; event += 1) events.push(`${index}.${event}`);
    if (opens && end === 'complete') return { events, isComplete: true };
    if (opens && count > 0 && !restart) break;
  }
  return { events, isComplete: false };
}

it('hands over, ends and lets go as its rules say, whatever its ways and its reader do', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ ways, restart, leaves, after }) => {
      const opened: ScriptedStream[] = [];
      const open = ways.map(({ opens, events, end }, index): Way<OpenedStream<string, string>> => {
        const steps: Step[] = Array.from({ length: events }, (_, event) => `${index}.${event}`);
        if (end === 'breaks') steps.push(new ConnectionResetError('x', { phase: 'body' }));
        if (end === 'ends quietly') steps.push('quiet end');
        return async () => {
          if (!opens) throw new ConnectionResetError('x');
          opened.push(new ScriptedStream(...steps));
          return opened.at(-1)!;
        };
      });
      const caller = new AbortController();
      const reason = new Error('left');
      const stream = streamWithFallback(open, { restart, signal: caller.signal });
      const model = expected(ways, restart);

      const events: string[] = [];
      let isLeft = false;
      let failure: unknown;
      try {
        for await (const event of stream) {
          events.push(event);
          isLeft = leaves !== 'never' && events.length > after;
          if (isLeft && leaves === 'break') break;
          if (isLeft && leaves === 'abort') caller.abort(reason);
          if (isLeft && leaves === 'cancel') await stream.cancel();
        }
      } catch (error) {
        failure = error;
      }

      const { status } = await stream.outcome;
      const again = await readAll(stream);
      const thrown = isLeft && leaves === 'abort' ? reason : failure;
      expect({ events, failure, again: again.error }).toEqual({
        events: isLeft ? model.events.slice(0, after + 1) : model.events,
        failure: thrown,
        again: thrown,
      });
      expect([status === 'cancelled', status === 'complete', failure === undefined]).toEqual([
        isLeft,
        model.isComplete && !isLeft,
        isLeft ? leaves !== 'abort' : model.isComplete,
      ]);
      expect(opened.every(({ isOver }) => isOver)).toBe(true);
      expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
    }),
  );
});
