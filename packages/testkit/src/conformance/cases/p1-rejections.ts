import assert from 'node:assert/strict';
import { LinkspanError } from '@linkspan/core';
import { assertSame } from '../assert-same.ts';
import { pattern, text } from '../bytes.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { defineCases } from '../define-cases.ts';
import { Source } from '../source.ts';
import { describeError } from '../trial.ts';

function noSuchFile(): never {
  throw new RangeError('No such file');
}

/** Promise 1, failures: whatever goes wrong, the rejection is a `LinkspanError`. */
export const p1Rejections: readonly ConformanceCase[] = defineCases(1, [
  {
    id: 'own-error-when-absent',
    title: 'rejects with a LinkspanError when nobody is there',
    async run(trial) {
      await trial.failure(trial.send({ kind: 'absent' }), 'a call to nobody');
    },
  },
  {
    id: 'own-error-when-dropped',
    title: 'rejects with a LinkspanError when the wire breaks before the head',
    async run(trial) {
      await trial.failure(trial.send({ kind: 'drop' }), 'a call whose wire broke');
    },
  },
  {
    id: 'own-error-for-garbage',
    title: 'rejects with a LinkspanError when the peer does not speak the protocol',
    async run(trial) {
      await trial.callFailure(trial.send({ kind: 'garbage' }), 'a call answered with garbage');
    },
  },
  {
    id: 'own-error-in-body',
    title: 'fails a body with a LinkspanError when the wire breaks in it',
    async run(trial) {
      const call = trial.send({ kind: 'cut', chunks: [text('half')], how: 'reset' });
      await trial.callFailure(call, 'a body whose wire broke');
    },
  },
  {
    id: 'own-error-of-unread-body',
    title: 'fails a body with a LinkspanError when the wire breaks before anybody reads it',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head({ kind: 'cut', chunks: [text('half')], how: 'reset' });
      await trial.pass(50);
      await trial.failure(body.collect(), 'reading a body whose wire broke');
    },
  },
  {
    id: 'failure-is-told-once',
    title: 'tells the failure of a body once, and is at its end after it',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head({ kind: 'cut', chunks: [text('half')], how: 'reset' });
      const chunks = body[Symbol.asyncIterator]();
      const read = async (): Promise<never> => {
        for (;;) {
          // oxlint-disable-next-line no-await-in-loop -- one chunk after another
          const { done } = await chunks.next();
          assert.ok(done !== true, 'Expected a body that was cut to fail, but it ended');
        }
      };
      const first = await trial.failure(read(), 'reading a body whose wire broke');
      const again = await trial.arrival(
        chunks.next().catch((error: unknown) => error),
        'an answer to next() after the failure',
      );
      assert.ok(
        again === first || (again as IteratorResult<unknown>).done === true,
        `Expected the end, or the same failure, after the failure, found ${describeError(again)}`,
      );
    },
  },
  {
    id: 'failing-factory',
    title: 'rejects with a LinkspanError when the payload cannot be opened',
    needs: ['upload'],
    async run(trial) {
      const payload = { kind: 'factory', open: noSuchFile } as const;
      const call = trial.send({ kind: 'echo' }, { payload });
      await trial.callFailure(call, 'a call whose payload cannot be opened');
    },
  },
  {
    id: 'failing-payload',
    title: 'rejects with a LinkspanError when the payload breaks off, and the peer is told',
    needs: ['upload'],
    async run(trial) {
      const source = new Source({ chunks: [pattern(1000)], failure: new RangeError('Disk gone') });
      const call = trial.send({ kind: 'echo' }, { payload: source.factory });
      const error = await trial.callFailure(call, 'a call whose payload broke off');
      assert.ok(error instanceof LinkspanError);
      await trial.freed('when its payload broke off');
    },
  },
  {
    id: 'unwritable-value',
    title: 'rejects with a LinkspanError, not sent, when a value cannot be written',
    async run(trial) {
      const cyclic: { self?: unknown } = {};
      cyclic.self = cyclic;
      const call = trial.send(
        { kind: 'answer', chunks: [] },
        { payload: { kind: 'value', value: cyclic } },
      );
      const outcome = await trial.arrival(
        call.then(
          ({ body }) => body.cancel(),
          (error: unknown) => error,
        ),
        'what becomes of a call with a value that is no JSON',
      );
      // A transport that does not write its values (one in memory) has nothing to refuse.
      if (outcome === undefined) return;
      assert.ok(
        outcome instanceof LinkspanError,
        `Expected a LinkspanError, found ${describeError(outcome)}`,
      );
      assertSame(outcome.sent, 'no', "Expected sent to be 'no'");
      assertSame(trial.peer.requests, 0, 'Expected the peer to get no request');
    },
  },
  {
    id: 'failures-look-alike',
    title: 'gives failures what the layers above decide on: kind, code, retryable, sent',
    async run(trial) {
      const error = await trial.failure(trial.send({ kind: 'drop' }), 'a call whose wire broke');
      assert.ok(error.code !== '', 'Expected a code');
      assert.ok(['yes', 'no', 'if-idempotent'].includes(error.retryable), 'Expected retryable');
      assert.ok(['no', 'maybe', 'yes'].includes(error.sent), 'Expected sent');
      assert.ok(
        JSON.stringify(error).length > 2,
        'Expected a failure that can be written as JSON, for logs',
      );
    },
  },
]);
