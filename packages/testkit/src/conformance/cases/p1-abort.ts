import { getEventListeners } from 'node:events';

import { assertSame } from '../assert-same.ts';
import { assertBytes, pattern, text } from '../bytes.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { defineCases } from '../define-cases.ts';
import { assertReason } from '../failures.ts';
import type { Scene } from '../scene.ts';
import { Source } from '../source.ts';

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

/** Promise 1, the caller's will: an abort comes back as the caller's own reason, at every moment. */
export const p1Abort: readonly ConformanceCase[] = defineCases(1, [
  {
    id: 'abort-before-send',
    title: 'sends nothing for a call that was aborted before it began',
    async run(trial) {
      const reason = { mine: true };
      const { connections } = trial.peer;
      const call = trial.send(
        { kind: 'answer', chunks: [text('a')] },
        { signal: AbortSignal.abort(reason) },
      );
      assertReason(await trial.rejection(call, 'an aborted call'), reason);
      await trial.pass(30);
      assertSame(trial.peer.requests, 0, 'Expected the peer to get no request');
      assertSame(trial.peer.connections, connections, 'Expected no connection to be made');
    },
  },
  {
    id: 'abort-at-once',
    title: 'gives the reason when the call is aborted in the same turn, and leaves nothing',
    async run(trial) {
      const controller = new AbortController();
      const reason = new Error('Enough');
      const call = trial.send({ kind: 'silent' }, { signal: controller.signal });
      controller.abort(reason);
      assertReason(await trial.rejection(call, 'an aborted call'), reason);
      await trial.pass(30);
      await trial.freed('by the abort');
    },
  },
  {
    id: 'abort-while-waiting',
    title: 'gives the reason when the call is aborted while the peer is silent, and frees the wire',
    async run(trial) {
      const controller = new AbortController();
      const reason = new Error('Enough');
      const call = trial.send({ kind: 'silent' }, { signal: controller.signal });
      await trial.taken();
      controller.abort(reason);
      assertReason(await trial.rejection(call, 'an aborted call'), reason);
      await trial.freed('by the abort');
    },
  },
  {
    id: 'abort-at-every-moment',
    title: 'gives the reason to a call that was not over when it was aborted, at whatever moment',
    async run(trial) {
      for (let turns = 0; turns < 25; turns++) {
        const controller = new AbortController();
        const reason = new Error(`Enough after ${turns} turns`);
        const call = trial
          .send({ kind: 'answer', chunks: [text('a'), text('b')] }, { signal: controller.signal })
          .then(({ body }) => body.collect());
        let isOver = false;
        const over = (): void => void (isOver = true);
        call.then(over, over);
        for (let turn = 0; turn < turns; turn++) {
          // oxlint-disable-next-line no-await-in-loop -- one turn after another
          await new Promise((resolve) => {
            setImmediate(resolve);
          });
        }
        const wasOver = isOver;
        controller.abort(reason);
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        const outcome = await trial.arrival(
          call.then(
            () => (wasOver ? reason : 'the whole answer'),
            (error: unknown) => error,
          ),
          'the end of an aborted call',
        );
        assertReason(outcome, reason);
        assertSame(listenersOf(controller.signal), 0, 'Expected no listener on the signal');
      }
      await trial.freed('by the aborts');
    },
  },
  {
    id: 'abort-with-any-reason',
    title: 'gives reasons back unchanged that are no errors, also those that are falsy',
    async run(trial) {
      for (const reason of [null, 0, '', false, Number.NaN, 'left', 42n, Symbol('left'), {}]) {
        const before = trial.send({ kind: 'silent' }, { signal: AbortSignal.abort(reason) });
        // oxlint-disable-next-line no-await-in-loop -- one reason after another
        assertReason(await trial.rejection(before, 'an aborted call'), reason);

        const controller = new AbortController();
        const requests = trial.peer.requests + 1;
        const call = trial.send({ kind: 'silent' }, { signal: controller.signal });
        // oxlint-disable-next-line no-await-in-loop -- as above
        await trial.taken(requests);
        controller.abort(reason);
        // oxlint-disable-next-line no-await-in-loop -- as above
        assertReason(await trial.rejection(call, 'an aborted call'), reason);
      }
      await trial.freed('by the aborts');
    },
  },
  {
    id: 'abort-by-platform',
    title: "gives the platform's own reasons back, and takes a timeout signal for no clock of ours",
    async run(trial) {
      const controller = new AbortController();
      const call = trial.send({ kind: 'silent' }, { signal: controller.signal });
      await trial.taken();
      controller.abort();
      assertReason(await trial.rejection(call, 'an aborted call'), controller.signal.reason);

      const signal = AbortSignal.timeout(40);
      const late = trial.send({ kind: 'silent' }, { signal });
      const error = await trial.rejection(late, 'a call aborted by AbortSignal.timeout()');
      assertReason(error, signal.reason);
    },
  },
  {
    id: 'abort-after-head',
    title: 'fails a body that is being read with the reason, and frees the wire',
    needs: ['streaming'],
    async run(trial) {
      const controller = new AbortController();
      const reason = new Error('Enough');
      const { body } = await trial.head(
        { kind: 'stall', chunks: [text('a')] },
        { signal: controller.signal },
      );
      const reading = body.collect();
      reading.catch(() => {});
      await trial.pass(10);
      controller.abort(reason);
      assertReason(await trial.rejection(reading, 'reading an aborted body'), reason);
      await trial.freed('by the abort');
    },
  },
  {
    id: 'abort-of-unread-body',
    title: 'fails a body that nobody reads yet with the reason, and frees the wire at once',
    needs: ['streaming'],
    async run(trial) {
      const controller = new AbortController();
      const reason = { mine: true };
      const { body } = await trial.head(
        { kind: 'stall', chunks: [] },
        { signal: controller.signal },
      );
      controller.abort(reason);
      await trial.freed('by the abort');
      assertReason(await trial.rejection(body.collect(), 'reading an aborted body'), reason);
    },
  },
  {
    id: 'abort-twice',
    title: 'is aborted once: a second abort, of a signal made of others, changes nothing',
    async run(trial) {
      const first = new AbortController();
      const second = new AbortController();
      const signal = AbortSignal.any([first.signal, second.signal]);
      const call = trial.send({ kind: 'silent' }, { signal });
      await trial.taken();
      first.abort('first');
      second.abort('second');
      first.abort('third');
      assertReason(await trial.rejection(call, 'an aborted call'), 'first');
      await trial.freed('by the abort');
    },
  },
  {
    id: 'abort-after-end',
    title: 'does nothing when the call is aborted after its end',
    async run(trial) {
      const controller = new AbortController();
      const { signal } = controller;
      const { body } = await trial.head({ kind: 'answer', chunks: [text('a')] }, { signal });
      await trial.read(body);
      controller.abort(new Error('Too late'));
      await trial.pass(20);
      await trial.arrival(body.cancel(), 'cancel() of a body that was read');
      assertBytes(await trial.answer([text('next')]), text('next'), 'the answer to another call');
    },
  },
  {
    id: 'abort-while-uploading',
    title:
      'gives the reason when the call is aborted while its payload is sent, and leaves the payload',
    needs: ['upload'],
    async run(trial) {
      const controller = new AbortController();
      const reason = new Error('Enough');
      const source = new Source({ chunks: [pattern(1000)], isSilent: true });
      const call = trial.send(
        { kind: 'echo' },
        { signal: controller.signal, payload: source.factory },
      );
      // The head may come before: on a WebSocket it does.
      const whole = call.then(({ body }) => body.collect());
      await trial.until(() => source.pulledBytes > 0, 'the payload to be read');
      controller.abort(reason);
      assertReason(await trial.rejection(whole, 'an aborted call'), reason);
      await trial.until(
        () => source.isReleased,
        'the payload to be left (return() of its iterator)',
      );
      await trial.freed('by the abort');
    },
  },
  {
    id: 'no-listeners-left',
    title: 'leaves no listener on a signal that lives longer than its calls, however they end',
    async run(trial) {
      const { signal } = new AbortController();
      const scenes: Scene[] = [
        { kind: 'answer', chunks: [] },
        { kind: 'answer', chunks: [text('a')] },
        { kind: 'cut', chunks: [text('a')], how: 'reset' },
        { kind: 'garbage' },
        { kind: 'drop' },
      ];
      for (let round = 0; round < 3; round++) {
        for (const scene of scenes) {
          const call = trial.send(scene, { signal }).then(({ body }) => body.collect());
          // oxlint-disable-next-line no-await-in-loop -- one call after another
          await trial.arrival(
            call.catch(() => {}),
            `the end of a call ('${scene.kind}')`,
          );
          assertSame(
            listenersOf(signal),
            0,
            `Expected no listener on the signal after a call ('${scene.kind}')`,
          );
        }
      }
    },
  },
  {
    id: 'no-listeners-after-timeout',
    title: 'leaves no listener on the signal of a call whose clock ran out',
    async run(trial) {
      const { signal } = new AbortController();
      for (const facts of [{ attemptMs: 30 }, { totalMs: 30 }, { totalMs: 0 }]) {
        const call = trial.send({ kind: 'silent' }, { signal, ...facts });
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        await trial.rejection(call, 'a call whose clock ran out');
        assertSame(listenersOf(signal), 0, 'Expected no listener on the signal');
      }
    },
  },
  {
    id: 'no-listeners-after-leaving',
    title: 'leaves no listener on the signal of a body that was left early',
    needs: ['streaming'],
    async run(trial) {
      const { signal } = new AbortController();
      const { body } = await trial.head({ kind: 'stall', chunks: [text('a')] }, { signal });
      await trial.arrival(body.cancel(), 'cancel() to resolve');
      assertSame(listenersOf(signal), 0, 'Expected no listener on the signal');
    },
  },
]);
