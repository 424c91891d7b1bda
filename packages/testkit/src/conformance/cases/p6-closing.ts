import assert from 'node:assert/strict';
import { assertSame } from '../assert-same.ts';
import { assertBytes, pattern, split, text } from '../bytes.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { defineCases } from '../define-cases.ts';
import { assertClosed, assertReason } from '../failures.ts';
import type { Trial } from '../trial.ts';

/** Fails unless the transport refuses another call, and another connect(). */
async function expectClosed(trial: Trial): Promise<void> {
  const call = trial.send({ kind: 'answer', chunks: [text('late')] });
  assertClosed(await trial.failure(call, 'a call after close()'));
  assertClosed(await trial.failure(trial.transport.connect(), 'connect() after close()'));
}

/** Promise 6: closing is idempotent, graceful while it may be, and final. */
export const p6Closing: readonly ConformanceCase[] = defineCases(6, [
  {
    id: 'idempotent',
    title: 'closes once, however often and by whatever name it is told to',
    async run(trial) {
      await trial.answer([text('a')]);
      const { transport } = trial;
      const closings = [transport.close(), transport.close(), transport.close({ drainMs: 10 })];
      await trial.arrival(Promise.all(closings), 'close() to resolve, called three times at once');
      await trial.close();
      await trial.arrival(Promise.resolve(transport[Symbol.asyncDispose]()), 'the disposal');
      await expectClosed(trial);
    },
  },
  {
    id: 'refuses-afterwards',
    title: 'refuses calls and connect() with ClosedError after close()',
    async run(trial) {
      await trial.answer([text('a')]);
      await trial.close();
      const { requests } = trial.peer;
      await expectClosed(trial);
      await trial.pass(20);
      assertSame(trial.peer.requests, requests, 'Expected the peer to get nothing more');
    },
  },
  {
    id: 'never-used',
    title: 'closes when it was never used',
    async run(trial) {
      await trial.close();
      await expectClosed(trial);
      assertSame(trial.peer.requests, 0, 'Expected the peer to get no request');
    },
  },
  {
    id: 'dispose',
    title: 'closes when it is disposed of',
    async run(trial) {
      await trial.answer([text('a')]);
      await trial.arrival(Promise.resolve(trial.transport[Symbol.asyncDispose]()), 'the disposal');
      await expectClosed(trial);
    },
  },
  {
    id: 'fails-waiting-calls',
    title: 'fails a call that waits for its head with ClosedError, and frees the wire',
    async run(trial) {
      const call = trial.send({ kind: 'silent' });
      await trial.taken();
      await trial.close();
      assertClosed(await trial.failure(call, 'a call in flight when the transport closed'));
      await trial.freed('by close()');
    },
  },
  {
    id: 'fails-bodies',
    title: 'fails a body that is being read with ClosedError, and frees the wire',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head({ kind: 'stall', chunks: [text('a')] });
      const reading = body.collect();
      reading.catch(() => {});
      await trial.pass(10);
      await trial.close();
      assertClosed(await trial.failure(reading, 'reading when the transport closed'));
      await trial.freed('by close()');
    },
  },
  {
    id: 'fails-unread-bodies',
    title: 'fails a body that nobody reads yet with ClosedError: it does not just end',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head({ kind: 'stall', chunks: [] });
      await trial.close();
      await trial.freed('by close()');
      assertClosed(await trial.failure(body.collect(), 'reading after the transport closed'));
    },
  },
  {
    id: 'does-not-wait-without-drain',
    title: 'does not wait for calls in flight unless told to',
    async run(trial) {
      const calls = [1, 2, 3].map(() => trial.send({ kind: 'silent' }));
      await trial.taken(3);
      await trial.close();
      for (const call of calls) {
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        assertClosed(await trial.failure(call, 'a call in flight when the transport closed'));
      }
    },
  },
  {
    id: 'drains',
    title: 'lets calls in flight finish within drainMs, head and body, and then resolves',
    async run(trial) {
      const content = pattern(3000);
      const chunks = split(content, 500);
      const call = trial.send({ kind: 'answer', chunks, pauseMs: 20 });
      await trial.taken();
      let isClosed = false;
      const closing = trial.transport.close({ drainMs: 60_000 }).then(() => (isClosed = true));
      const { body } = await trial.arrival(call, 'the head of a call in flight');
      assert.ok(!isClosed, 'Expected close() to wait for the body');
      assertBytes(await trial.read(body), content, 'the body of a call in flight');
      await trial.arrival(closing, 'close() to resolve when nothing is in flight');
      await expectClosed(trial);
    },
  },
  {
    id: 'refuses-while-draining',
    title: 'refuses new calls while it lets the others finish',
    async run(trial) {
      const call = trial.send({ kind: 'answer', chunks: [text('made it')], pauseMs: 60 });
      await trial.taken();
      const closing = trial.transport.close({ drainMs: 60_000 });
      const late = trial.send({ kind: 'answer', chunks: [text('late')] });
      assertClosed(await trial.failure(late, 'a call while the transport drains'));
      const { body } = await trial.arrival(call, 'the head of a call in flight');
      assertBytes(await trial.read(body), text('made it'), 'the body of a call in flight');
      await trial.arrival(closing, 'close() to resolve');
    },
  },
  {
    id: 'drain-has-an-end',
    title: 'fails what is still in flight after drainMs with ClosedError',
    async run(trial) {
      const call = trial.send({ kind: 'silent' });
      await trial.taken();
      await trial.close(60);
      assertClosed(await trial.failure(call, 'a call in flight after drainMs'));
      await trial.freed('by close()');
    },
  },
  {
    id: 'drain-waits-for-bodies',
    title: 'fails a body that is still being read after drainMs with ClosedError',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head({ kind: 'stall', chunks: [text('a')] });
      const reading = body.collect();
      reading.catch(() => {});
      await trial.close(60);
      assertClosed(await trial.failure(reading, 'reading after drainMs'));
    },
  },
  {
    id: 'drain-ends-with-the-last-call',
    title: 'ends draining when the last call is aborted, or its body left',
    needs: ['streaming'],
    async run(trial) {
      const controller = new AbortController();
      const call = trial.send({ kind: 'silent' }, { signal: controller.signal });
      const { body } = await trial.head({ kind: 'stall', chunks: [text('a')] });
      await trial.taken(2);
      const closing = trial.transport.close({ drainMs: 60_000 });
      controller.abort();
      await trial.rejection(call, 'an aborted call');
      await trial.arrival(body.cancel(), 'cancel() to resolve');
      await trial.arrival(closing, 'close() to resolve when nothing is in flight');
    },
  },
  {
    id: 'close-at-once',
    title: 'fails a call that has just begun with ClosedError',
    async run(trial) {
      const call = trial.send({ kind: 'silent' });
      await trial.close();
      assertClosed(await trial.failure(call, 'a call that had just begun'));
      await trial.pass(20);
      await trial.freed('by close()');
    },
  },
  {
    id: 'close-while-connecting',
    title: 'settles a connect() that is under way when it closes, with success or ClosedError',
    async run(trial) {
      const connecting = trial.transport.connect();
      connecting.catch(() => {});
      await trial.close();
      const error = await trial.arrival(
        connecting.then(
          () => undefined,
          (failure: unknown) => failure,
        ),
        'connect() to settle',
      );
      if (error !== undefined) assertClosed(error);
      await expectClosed(trial);
    },
  },
  {
    id: 'abort-and-close',
    title: 'takes an abort and a close() at the same time for one end',
    async run(trial) {
      const controller = new AbortController();
      const call = trial.send({ kind: 'silent' }, { signal: controller.signal });
      await trial.taken();
      const reason = new Error('Enough');
      controller.abort(reason);
      await trial.close();
      assertReason(await trial.rejection(call, 'an aborted call'), reason);
    },
  },
]);
