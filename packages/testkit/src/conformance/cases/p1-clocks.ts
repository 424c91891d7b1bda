import assert from 'node:assert/strict';

import { assertSame } from '../assert-same.ts';
import { text } from '../bytes.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { defineCases } from '../define-cases.ts';
import { assertTimeout } from '../failures.ts';

const drip = (count: number): Uint8Array[] => Array.from({ length: count }, () => text('.'));

/** Promise 1, clocks: a limit of the context ends the call with a `TimeoutError` that names it. */
export const p1Clocks: readonly ConformanceCase[] = defineCases(1, [
  {
    id: 'attempt-clock',
    title: 'obeys attemptMs while the peer is silent, names it, and frees the wire',
    async run(trial) {
      const call = trial.send({ kind: 'silent' }, { attemptMs: 60 });
      assertTimeout(await trial.failure(call, 'a call with attemptMs'), 'attemptMs');
      await trial.pass(30);
      await trial.freed('when attemptMs had passed');
    },
  },
  {
    id: 'attempt-clock-ends-at-head',
    title: 'does not let attemptMs bound the body',
    needs: ['streaming'],
    async run(trial) {
      // Some wires take longer to make than the attempt.
      await trial.answer([text('a')]);
      const { body } = await trial.head({ kind: 'stall', chunks: [text('a')] }, { attemptMs: 500 });
      const outcome = body.collect().then(
        () => 'ended',
        () => 'failed',
      );
      const waited = trial.pass(650).then(() => 'waiting');
      assertSame(await Promise.race([outcome, waited]), 'waiting', 'Expected a body that waits');
      await trial.arrival(body.cancel(), 'cancel() to resolve');
    },
  },
  {
    id: 'deadline-before-head',
    title: 'obeys the deadline while the peer is silent, names totalMs, and frees the wire',
    async run(trial) {
      const call = trial.send({ kind: 'silent' }, { totalMs: 60 });
      assertTimeout(await trial.failure(call, 'a call with a deadline'), 'totalMs');
      await trial.pass(30);
      await trial.freed('when the deadline had come');
    },
  },
  {
    id: 'deadline-before-attempt-clock',
    title: 'names the clock that ran out first, of two',
    async run(trial) {
      const first = trial.send({ kind: 'silent' }, { totalMs: 60, attemptMs: 60_000 });
      assertTimeout(await trial.failure(first, 'a call with two clocks'), 'totalMs');
      const second = trial.send({ kind: 'silent' }, { totalMs: 60_000, attemptMs: 60 });
      assertTimeout(await trial.failure(second, 'a call with two clocks'), 'attemptMs');
    },
  },
  {
    id: 'deadline-in-body',
    title: 'obeys the deadline in a body that is being read, names totalMs, and frees the wire',
    needs: ['streaming'],
    async run(trial) {
      const call = trial.send({ kind: 'stall', chunks: [text('a')] }, { totalMs: 150 });
      assertTimeout(await trial.callFailure(call, 'a body with a deadline'), 'totalMs');
      await trial.freed('when the deadline had come');
    },
  },
  {
    id: 'deadline-while-bytes-trickle',
    title: 'obeys the deadline also while bytes keep coming',
    async run(trial) {
      const call = trial.send({ kind: 'answer', chunks: drip(400), pauseMs: 20 }, { totalMs: 200 });
      assertTimeout(await trial.callFailure(call, 'a body with a deadline'), 'totalMs');
      await trial.freed('when the deadline had come');
    },
  },
  {
    id: 'deadline-of-unread-body',
    title: 'frees the wire at the deadline also when nobody reads, and tells who reads later',
    needs: ['streaming'],
    async run(trial) {
      // Some wires take longer to make than the deadline.
      await trial.answer([text('a')]);
      const { body } = await trial.head({ kind: 'stall', chunks: [] }, { totalMs: 300 });
      await trial.freed('when the deadline had come');
      assertTimeout(await trial.failure(body.collect(), 'reading too late'), 'totalMs');
    },
  },
  {
    id: 'idle-clock',
    title: 'obeys idleMs while a reader waits for bytes, names it, and frees the wire',
    needs: ['streaming'],
    async run(trial) {
      const call = trial.send({ kind: 'stall', chunks: [text('a')] }, { idleMs: 80 });
      assertTimeout(await trial.callFailure(call, 'a body with idleMs'), 'idleMs');
      await trial.freed('when idleMs had passed');
    },
  },
  {
    id: 'idle-clock-starts-anew',
    title: 'starts idleMs anew with every chunk',
    needs: ['streaming'],
    async run(trial) {
      const chunks = drip(9);
      const { body } = await trial.head({ kind: 'answer', chunks, pauseMs: 100 }, { idleMs: 700 });
      const { length } = await trial.read(body);
      assertSame(length, chunks.length, 'Expected the whole body, which took longer than idleMs');
    },
  },
  {
    id: 'idle-clock-spares-slow-readers',
    title: 'lets a reader be slower than idleMs: only silence while it waits counts',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head({ kind: 'flood', chunkBytes: 1024 }, { idleMs: 500 });
      const chunks = body[Symbol.asyncIterator]();
      const first = await trial.arrival(chunks.next(), 'the first chunk');
      await trial.pass(700);
      const second = await trial.arrival(chunks.next(), 'the chunk after a pause of the reader');
      assert.ok(
        first.done !== true && second.done !== true,
        'Expected a body that goes on after a pause of its reader',
      );
      await trial.arrival(body.cancel(), 'cancel() to resolve');
    },
  },
  {
    id: 'no-timers-left',
    title: 'leaves no timer on the clock of the call when the call is over, however it ends',
    async run(trial) {
      const limits = { totalMs: 60_000, attemptMs: 50_000, idleMs: 40_000 };
      const controller = new AbortController();
      await trial.answer([text('a'), text('b')], limits);
      await trial.rejection(trial.send({ kind: 'drop' }, limits), 'a call whose wire broke');
      await trial.callFailure(
        trial.send({ kind: 'cut', chunks: [text('a')], how: 'reset' }, limits),
        'a body whose wire broke',
      );
      const call = trial.send({ kind: 'silent' }, { ...limits, signal: controller.signal });
      await trial.pass(20);
      controller.abort();
      await trial.rejection(call, 'an aborted call');
      await trial.until(
        () => trial.clock.running === 0,
        () => `the timers of the calls to be cleared (${trial.clock.running} are running)`,
      );
    },
  },
]);
