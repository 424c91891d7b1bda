import { getEventListeners } from 'node:events';
import { assertSame } from '../assert-same.ts';
import { pattern, text } from '../bytes.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { defineCases } from '../define-cases.ts';
import { plenty, Source } from '../source.ts';
import type { Trial } from '../trial.ts';

/** What keeps the process alive, by kind: sockets, timers, requests to the system. */
function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function listenersOfProcess(): number {
  // The kit's own watch for unhandled errors is among them, before and after.
  return process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
}

/** Runs calls, closes the transport, and fails when anything is left that was not there before. */
async function expectNothingLeft(trial: Trial, calls: () => Promise<unknown>): Promise<void> {
  await trial.pass(1);
  const before = resources();
  const listeners = listenersOfProcess();
  await calls();
  await trial.close();
  await trial.until(() => trial.peer.connections === 0, 'every connection to be closed by close()');
  const left = (): string[] =>
    [...resources()].flatMap(([kind, count]) => {
      const more = count - (before.get(kind) ?? 0);
      return more > 0 ? [`${more} ${kind}`] : [];
    });
  await trial.until(
    () => left().length === 0,
    () => `what keeps the process alive to be gone (${left().join(', ')})`,
  );
  assertSame(trial.clock.running, 0, 'Expected no timer to be left on the clock of the calls');
  assertSame(listenersOfProcess(), listeners, 'Expected no listener to be left on process');
}

/** Promise 7: after `close` nothing is left. */
export const p7NothingLeft: readonly ConformanceCase[] = defineCases(7, [
  {
    id: 'after-answers',
    title: 'leaves nothing after calls that were answered',
    async run(trial) {
      await expectNothingLeft(trial, async () => {
        await trial.arrival(trial.transport.connect(), 'connect() to resolve');
        for (let index = 0; index < 5; index++) {
          // oxlint-disable-next-line no-await-in-loop -- one call after another
          await trial.answer([pattern(5000)], { totalMs: 60_000, attemptMs: 60_000 });
        }
        await Promise.all([1, 2, 3, 4].map(() => trial.answer([text('a')], { idleMs: 60_000 })));
      });
    },
  },
  {
    id: 'after-connect',
    title: 'leaves nothing after a connect() that nothing came of',
    async run(trial) {
      await expectNothingLeft(trial, () =>
        trial.arrival(trial.transport.connect(), 'connect() to resolve'),
      );
    },
  },
  {
    id: 'after-failures',
    title: 'leaves nothing after calls that failed in every way',
    async run(trial) {
      const limits = { totalMs: 60_000, idleMs: 60_000 };
      await expectNothingLeft(trial, async () => {
        for (const scene of [
          { kind: 'drop' },
          { kind: 'garbage' },
          { kind: 'cut', chunks: [text('a')], how: 'reset' },
          { kind: 'cut', chunks: [text('a')], how: 'end' },
        ] as const) {
          // oxlint-disable-next-line no-await-in-loop -- one call after another
          await trial.callFailure(trial.send(scene, limits), `a call ('${scene.kind}')`);
        }
        await trial.failure(trial.send({ kind: 'silent' }, { attemptMs: 40 }), 'a slow call');
        await trial.failure(trial.send({ kind: 'silent' }, { totalMs: 40 }), 'a late call');
        await trial.failure(trial.send({ kind: 'absent' }, limits), 'a call to nobody');
      });
    },
  },
  {
    id: 'after-aborts',
    title: 'leaves nothing after calls that were aborted',
    async run(trial) {
      const controller = new AbortController();
      const { signal } = controller;
      await expectNothingLeft(trial, async () => {
        const calls = [1, 2, 3].map(() =>
          trial.send({ kind: 'silent' }, { signal, totalMs: 60_000, attemptMs: 60_000 }),
        );
        await trial.taken(3);
        controller.abort();
        await trial.arrival(Promise.allSettled(calls), 'the end of aborted calls');
      });
      assertSame(getEventListeners(signal, 'abort').length, 0, 'Expected no listener');
    },
  },
  {
    id: 'after-left-bodies',
    title: 'leaves nothing after bodies that were left, by whichever way',
    needs: ['streaming'],
    async run(trial) {
      await expectNothingLeft(trial, async () => {
        const limits = { totalMs: 60_000, idleMs: 60_000 };
        const { body: cancelled } = await trial.head({ kind: 'stall', chunks: [] }, limits);
        await trial.arrival(cancelled.cancel(), 'cancel() to resolve');
        const { body: broken } = await trial.head({ kind: 'flood', chunkBytes: 4096 }, limits);
        const chunks = broken[Symbol.asyncIterator]();
        await trial.arrival(chunks.next(), 'the first chunk');
        await trial.arrival(Promise.resolve(chunks.return?.()), 'return() to resolve');
      });
    },
  },
  {
    id: 'after-closing-under-calls',
    title: 'leaves nothing of calls that were in flight when it closed',
    needs: ['streaming'],
    async run(trial) {
      const { signal } = new AbortController();
      const limits = { signal, totalMs: 60_000, attemptMs: 60_000, idleMs: 60_000 };
      await expectNothingLeft(trial, async () => {
        const waiting = trial.send({ kind: 'silent' }, limits);
        const { body } = await trial.head({ kind: 'stall', chunks: [text('a')] }, limits);
        body.collect().catch(() => {});
        await trial.head({ kind: 'flood', chunkBytes: 4096 }, limits);
        await trial.taken(3);
        await trial.close();
        await trial.rejection(waiting, 'a call in flight when the transport closed');
      });
      await trial.freed('by close()');
      assertSame(getEventListeners(signal, 'abort').length, 0, 'Expected no listener');
    },
  },
  {
    id: 'after-closing-at-once',
    title: 'leaves nothing of calls, and of a connect(), that had just begun',
    async run(trial) {
      await expectNothingLeft(trial, async () => {
        trial.transport.connect().catch(() => {});
        const calls = [1, 2, 3].map(() => trial.send({ kind: 'silent' }, { totalMs: 60_000 }));
        await trial.close();
        await trial.arrival(Promise.allSettled(calls), 'the end of calls that had just begun');
      });
    },
  },
  {
    id: 'after-uploads',
    title: 'leaves nothing of payloads that the peer did not take',
    needs: ['upload'],
    async run(trial) {
      const source = new Source({ chunks: plenty() });
      await expectNothingLeft(trial, async () => {
        const call = trial.send({ kind: 'echo' }, { payload: source.factory, totalMs: 60_000 });
        await trial.taken();
        await trial.close();
        await trial.callFailure(
          call,
          'a call whose payload was not sent when the transport closed',
        );
      });
      await trial.until(() => source.isReleased, 'the payload to be left');
    },
  },
  {
    id: 'body-after-close',
    title: 'lets a body be left after close() as before',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head({ kind: 'stall', chunks: [text('a')] });
      await trial.close();
      await trial.arrival(body.cancel(), 'cancel() after close()');
      await trial.arrival(Promise.resolve(body[Symbol.asyncDispose]()), 'the disposal');
      await trial.freed('by close()');
    },
  },
]);
