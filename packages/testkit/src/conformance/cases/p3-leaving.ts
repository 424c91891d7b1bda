import assert from 'node:assert/strict';
import { MessageTooLargeError } from '@linkspan/core';
import { assertSame } from '../assert-same.ts';
import { assertBytes, concat, pattern, text } from '../bytes.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { defineCases } from '../define-cases.ts';
import { plenty, Source } from '../source.ts';
import { describeError } from '../trial.ts';

const stall = { kind: 'stall', chunks: [text('a'), text('b')] } as const;
const flood = { kind: 'flood', chunkBytes: 16 * 1024 } as const;

/** Promise 3: leaving early frees the wire, whichever way it is left. */
export const p3Leaving: readonly ConformanceCase[] = defineCases(3, [
  {
    id: 'break',
    title: 'frees the wire when the reader breaks out of its loop',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head(flood);
      const reading = (async () => {
        for await (const chunk of body) {
          assert.ok(chunk.byteLength > 0);
          break;
        }
      })();
      await trial.arrival(reading, 'the end of a loop that was left');
      await trial.freed('by the break');
    },
  },
  {
    id: 'throw-in-loop',
    title: 'frees the wire when the reader throws in its loop, and passes its error on',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head(flood);
      const mine = new Error('A bug of the reader');
      const reading = (async () => {
        for await (const chunk of body) {
          assert.ok(chunk.byteLength > 0);
          throw mine;
        }
      })();
      const error = await trial.rejection(reading, 'the loop that threw');
      assert.ok(error === mine, `Expected the error of the reader, found ${describeError(error)}`);
      await trial.freed('by the error');
    },
  },
  {
    id: 'cancel-unread',
    title: 'frees the wire when a body is cancelled that nobody read',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head(stall);
      await trial.arrival(body.cancel(), 'cancel() to resolve');
      await trial.freed('by cancel()');
    },
  },
  {
    id: 'cancel-while-reading',
    title: 'ends the read that waits, and frees the wire, when the body is cancelled meanwhile',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head({ kind: 'stall', chunks: [] });
      const reading = body[Symbol.asyncIterator]().next();
      await trial.pass(10);
      await trial.arrival(body.cancel('left'), 'cancel() to resolve while a read waits');
      const read = await trial.arrival(reading, 'the read that waited when the body was cancelled');
      assertSame(read.done, true, 'Expected the end for the read that waited');
      await trial.freed('by cancel()');
    },
  },
  {
    id: 'return',
    title: 'frees the wire when the iterator is returned, also before the first read',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head(stall);
      const chunks = body[Symbol.asyncIterator]();
      assert.ok(chunks.return !== undefined, 'Expected an iterator with return()');
      const read = await trial.arrival(chunks.return(), 'return() to resolve');
      assert.ok(read.done === true, 'Expected the end from return()');
      await trial.freed('by return()');
    },
  },
  {
    id: 'dispose',
    title: 'frees the wire when the body is disposed of',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head(stall);
      await trial.arrival(Promise.resolve(body[Symbol.asyncDispose]()), 'the disposal');
      await trial.freed('by the disposal');
    },
  },
  {
    id: 'abort-while-flooded',
    title: 'frees the wire when the caller aborts while a body floods in',
    needs: ['streaming'],
    async run(trial) {
      const controller = new AbortController();
      const { body } = await trial.head(flood, { signal: controller.signal });
      await trial.arrival(body[Symbol.asyncIterator]().next(), 'the first chunk');
      controller.abort();
      await trial.freed('by the abort');
    },
  },
  {
    id: 'too-large',
    title: 'frees the wire when a body has more than collect() takes',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head(flood);
      const error = await trial.failure(
        body.collect({ maxBytes: 100_000 }),
        'collecting more than maxBytes',
      );
      assert.ok(
        error instanceof MessageTooLargeError,
        `Expected MessageTooLargeError, found ${error}`,
      );
      await trial.freed('by the limit');
    },
  },
  {
    id: 'limit-that-holds',
    title: 'collects a body that has exactly maxBytes',
    async run(trial) {
      const { body } = await trial.head({ kind: 'answer', chunks: [pattern(1000), pattern(24)] });
      const chunks = await trial.arrival(body.collect({ maxBytes: 1024 }), 'the body');
      assertSame(concat(chunks).length, 1024, 'Expected the whole body');
    },
  },
  {
    id: 'leave-twice',
    title: 'takes leaving twice, and leaving after the end, for nothing',
    async run(trial) {
      const { body: left } = await trial.head({ kind: 'answer', chunks: [pattern(1000)] });
      await trial.arrival(Promise.all([left.cancel(), left.cancel()]), 'cancel() twice');
      await trial.arrival(Promise.resolve(left[Symbol.asyncDispose]()), 'the disposal');
      const { body: read } = await trial.head({ kind: 'answer', chunks: [text('a')] });
      await trial.read(read);
      await trial.arrival(read.cancel(), 'cancel() after the end');
      await trial.freed('by all that');
      assertBytes(await trial.answer([text('next')]), text('next'), 'the answer to another call');
    },
  },
  {
    id: 'many-left',
    title: 'has room for more calls after 80 bodies were left unread',
    needs: ['streaming'],
    async run(trial) {
      for (let index = 0; index < 80; index++) {
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        const { body } = await trial.head({ kind: 'stall', chunks: [text('a')] });
        // oxlint-disable-next-line no-await-in-loop -- as above
        await trial.arrival(body.cancel(), 'cancel() to resolve');
      }
      assertBytes(await trial.answer([text('next')]), text('next'), 'the answer to another call');
      await trial.freed('by leaving');
    },
  },
  {
    id: 'many-failed',
    title: 'has room for more calls after 80 calls failed, were aborted or timed out',
    async run(trial) {
      for (let index = 0; index < 80; index++) {
        const controller = new AbortController();
        const call =
          index % 2 === 0
            ? trial.send({ kind: 'drop' })
            : trial.send({ kind: 'silent' }, { signal: controller.signal, attemptMs: 10_000 });
        if (index % 4 === 1) controller.abort();
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        else if (index % 4 === 3) await trial.pass(1).then(() => controller.abort());
        // oxlint-disable-next-line no-await-in-loop -- as above
        await trial.rejection(call, 'a call that fails');
      }
      assertBytes(await trial.answer([text('next')]), text('next'), 'the answer to another call');
      await trial.freed('by failing');
    },
  },
  {
    id: 'close-is-told-once',
    title: 'calls onClose once for every body, however it ends, and at once when it has ended',
    needs: ['streaming'],
    async run(trial) {
      const endings = {
        read: async () => await trial.head({ kind: 'answer', chunks: [text('a')] }),
        cancelled: async () => await trial.head(stall),
        'out of time': async () => await trial.head(stall, { totalMs: 300 }),
        silent: async () => await trial.head(stall, { idleMs: 50 }),
        empty: async () => await trial.head({ kind: 'answer', chunks: [] }),
        // The last, since some wires take longer to make again than the clocks above.
        cut: async () => await trial.head({ kind: 'cut', chunks: [text('a')], how: 'reset' }),
      };
      for (const [ending, begin] of Object.entries(endings)) {
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        const { body } = await begin();
        let calls = 0;
        body.onClose(() => (calls += 1));
        body.onClose(() => (calls += 1));
        const done = ending === 'cancelled' ? body.cancel() : body.collect();
        // oxlint-disable-next-line no-await-in-loop -- as above
        await trial.arrival(
          done.catch(() => {}),
          `the end of a body (${ending})`,
        );
        // oxlint-disable-next-line no-await-in-loop -- as above
        await trial.until(() => calls >= 2, `both listeners of onClose to be called (${ending})`);
        // oxlint-disable-next-line no-await-in-loop -- as above
        await trial.arrival(body.cancel(), 'cancel() after the end');
        // oxlint-disable-next-line no-await-in-loop -- as above
        await trial.pass(5);
        assertSame(
          calls,
          2,
          `Expected two listeners of onClose to be called once each (${ending})`,
        );
        body.onClose(() => (calls += 1));
        assertSame(
          calls,
          3,
          `Expected a late listener of onClose to be called at once (${ending})`,
        );
      }
    },
  },
  {
    id: 'payload-of-failed-call',
    title: 'leaves the payload (return() of its iterator) when its call fails',
    needs: ['upload'],
    async run(trial) {
      const source = new Source({ chunks: [pattern(100)], isSilent: true });
      const call = trial.send({ kind: 'drop' }, { payload: source.factory });
      await trial.callFailure(call, 'a call whose wire broke');
      await trial.until(() => source.isReleased, 'the payload to be left');
      const late = new Source({ chunks: [pattern(100)], isSilent: true });
      const second = trial.send({ kind: 'echo' }, { payload: late.stream, totalMs: 60 });
      await trial.callFailure(second, 'a call with totalMs');
      await trial.until(() => late.isReleased, 'the payload to be left when totalMs had passed');
    },
  },
  {
    id: 'payload-of-refused-call',
    title: 'gives an answer that comes before the payload was read, and leaves the payload',
    needs: ['upload', 'status'],
    async run(trial) {
      const source = new Source({ chunks: plenty() });
      const { status, body } = await trial.head(
        { kind: 'refuse', status: 413 },
        { payload: source.factory },
      );
      assertSame(status, 413, 'Expected the answer, and no failure of the upload');
      await trial.arrival(
        body.collect().catch(() => []),
        'the end of the body',
      );
      await trial.until(() => source.isReleased, 'the payload to be left');
    },
  },
]);
