import assert from 'node:assert/strict';
import { assertSame } from '../assert-same.ts';
import { assertBytes, assertPrefix, concat, pattern, split, text } from '../bytes.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { defineCases } from '../define-cases.ts';
import type { Trial } from '../trial.ts';

/** Fails unless a call whose body was cut fails, and gives nothing but what was sent until then. */
async function expectCut(
  trial: Trial,
  chunks: readonly Uint8Array[],
  how: 'reset' | 'end',
): Promise<void> {
  const seen: Uint8Array[] = [];
  const read = async (): Promise<void> => {
    const { body } = await trial.send({ kind: 'cut', chunks, how });
    for await (const chunk of body) seen.push(chunk);
  };
  await trial.failure(read(), `a body that was cut (${how} after ${concat(chunks).length} bytes)`);
  assertPrefix(concat(seen), concat(chunks), 'what came of a body that was cut');
  await trial.freed('by the peer that cut it');
}

/** Promise 4: what comes is whole, or it fails. */
export const p4WholeOrFailed: readonly ConformanceCase[] = defineCases(4, [
  {
    id: 'cut-by-reset',
    title: 'fails a body whose wire was reset',
    async run(trial) {
      await expectCut(trial, [text('one'), text('two')], 'reset');
    },
  },
  {
    id: 'cut-by-end',
    title: 'fails a body whose wire was ended before the body was',
    async run(trial) {
      await expectCut(trial, [text('one'), text('two')], 'end');
    },
  },
  {
    id: 'cut-after-head',
    title: 'fails a body that was cut before its first byte',
    async run(trial) {
      await expectCut(trial, [], 'reset');
      await expectCut(trial, [], 'end');
    },
  },
  {
    id: 'cut-far-in',
    title: 'fails a body that was cut after a megabyte',
    async run(trial) {
      await expectCut(trial, split(pattern(1024 * 1024), 16 * 1024), 'end');
      await expectCut(trial, split(pattern(1024 * 1024), 16 * 1024), 'reset');
    },
  },
  {
    id: 'cut-before-slow-reader',
    title: 'fails a body that was cut while its reader was busy with something else',
    needs: ['streaming'],
    async run(trial) {
      for (const how of ['end', 'reset'] as const) {
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        const { body } = await trial.head({ kind: 'cut', chunks: [text('one')], how });
        const chunks = body[Symbol.asyncIterator]();
        // oxlint-disable-next-line no-await-in-loop -- as above
        await trial.pass(50);
        const read = async (): Promise<void> => {
          for (let step = await chunks.next(); step.done !== true;) {
            // oxlint-disable-next-line no-await-in-loop -- one chunk after another
            step = await chunks.next();
          }
        };
        // oxlint-disable-next-line no-await-in-loop -- as above
        await trial.failure(read(), `a body that was cut (${how}) while nobody read`);
      }
    },
  },
  {
    id: 'cut-while-collecting',
    title: 'fails collect() of a body that was cut',
    async run(trial) {
      for (const how of ['end', 'reset'] as const) {
        const call = trial.send({ kind: 'cut', chunks: [pattern(5000)], how });
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        await trial.callFailure(call, `collecting a body that was cut (${how})`);
      }
    },
  },
  {
    id: 'no-head-no-answer',
    title: 'makes no answer of a wire that broke before a head, nor of garbage',
    async run(trial) {
      await trial.failure(trial.send({ kind: 'drop' }), 'a call whose wire broke');
      await trial.callFailure(trial.send({ kind: 'garbage' }), 'a call answered with garbage');
    },
  },
  {
    id: 'empty-body',
    title: 'ends an empty body properly',
    async run(trial) {
      assertSame((await trial.answer([])).length, 0, 'Expected an empty body');
      const { body } = await trial.head({ kind: 'answer', chunks: [] });
      const read = await trial.arrival(body[Symbol.asyncIterator]().next(), 'the end of the body');
      assertSame(read.done, true, 'Expected the end at once');
    },
  },
  {
    id: 'large-body',
    title: 'gives 8 MiB to the byte',
    async run(trial) {
      const content = pattern(8 * 1024 * 1024);
      assertBytes(await trial.answer(split(content, 64 * 1024)), content, 'the body');
    },
  },
  {
    id: 'chunk-sizes',
    title: 'gives the same bytes whatever the chunks they came in',
    async run(trial) {
      for (const size of [1, 7, 1000, 65_535]) {
        const content = pattern(Math.min(size * 40, 300_000), size);
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        assertBytes(
          await trial.answer(split(content, size)),
          content,
          `a body in chunks of ${size}`,
        );
      }
    },
  },
  {
    id: 'iterated-like-collected',
    title: 'gives a reader that iterates, and pauses, the same bytes',
    async run(trial) {
      const content = pattern(200_000);
      const { body } = await trial.head({ kind: 'answer', chunks: split(content, 5000) });
      const seen: Uint8Array[] = [];
      const reading = (async () => {
        for await (const chunk of body) {
          // Kept as it is: a transport that reuses its buffers would change it later.
          seen.push(chunk);
          if (seen.length % 7 === 0) await trial.pass(1);
        }
      })();
      await trial.arrival(reading, 'the end of the body');
      assertBytes(concat(seen), content, 'the body');
    },
  },
  {
    id: 'overlapping-reads',
    title: 'serves reads that overlap one after another, in their order',
    async run(trial) {
      const content = pattern(3000);
      const { body } = await trial.head({
        kind: 'answer',
        chunks: split(content, 1000),
        pauseMs: 2,
      });
      const chunks = body[Symbol.asyncIterator]();
      const seen: Uint8Array[] = [];
      for (let isOver = false; !isOver;) {
        // oxlint-disable-next-line no-await-in-loop -- three reads at a time
        const reads = await trial.arrival(
          Promise.all([chunks.next(), chunks.next(), chunks.next()]),
          'three reads that overlap',
        );
        for (const read of reads) {
          if (read.done === true) isOver = true;
          else {
            assert.ok(!isOver, 'Expected no chunk after the end');
            seen.push(read.value);
          }
        }
      }
      assertBytes(concat(seen), content, 'the body');
    },
  },
  {
    id: 'read-once',
    title: 'refuses to read a body a second time, rather than to give an empty one',
    async run(trial) {
      const again = async (read: () => Promise<unknown>, what: string): Promise<void> => {
        await trial.failure(
          (async () => await read())(),
          `${what}: a body is read once, and an empty one would look complete:`,
        );
      };
      const { body } = await trial.head({ kind: 'answer', chunks: [text('once')] });
      await trial.read(body);
      await again(() => body.collect(), 'collect() after collect()');
      await again(
        async () => await body[Symbol.asyncIterator]().next(),
        'iterating after collect()',
      );
      const { body: left } = await trial.head({ kind: 'answer', chunks: [text('once')] });
      await trial.arrival(left.cancel(), 'cancel() to resolve');
      await again(() => left.collect(), 'collect() after cancel()');
    },
  },
  {
    id: 'cut-on-used-wire',
    title: 'fails a body that was cut also on a wire that served calls well before',
    async run(trial) {
      for (let round = 0; round < 3; round++) {
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        await trial.answer([pattern(2000)]);
        // oxlint-disable-next-line no-await-in-loop -- as above
        await expectCut(trial, [pattern(2000)], 'end');
      }
    },
  },
]);
