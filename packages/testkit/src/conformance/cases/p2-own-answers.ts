import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { assertSame } from '../assert-same.ts';
import { LinkspanError } from '@linkspan/core';
import { assertBytes, concat, pattern, split, text } from '../bytes.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { defineCases } from '../define-cases.ts';
import { assertReason, assertTimeout } from '../failures.ts';
import { Source } from '../source.ts';
import { describeError, type Trial } from '../trial.ts';

/** Sends a call whose answer is known, and fails unless it is this answer that comes. */
async function expectOwn(trial: Trial, seed: number, pauseMs: number = 0): Promise<void> {
  const content = pattern(300 + seed, seed);
  const { body } = await trial.head({ kind: 'answer', chunks: split(content, 128), pauseMs });
  assertBytes(await trial.read(body), content, `the answer to call ${seed}`);
}

/** Sends as many calls at the same time, and fails unless each gets its own answer. */
function expectOwnAnswers(trial: Trial, count: number, pauseMs: number): Promise<void[]> {
  const calls = Promise.all(numbers(count).map((seed) => expectOwn(trial, seed, pauseMs)));
  // When the case fails before it waits for them, that is what it tells.
  calls.catch(() => {});
  return calls;
}

/**
 * Sends as many calls at the same time as wires break under others. Where each has a wire of its own
 * they are answered; on a shared one they may fail with it, but never with the answer to another.
 */
async function expectNeighbours(trial: Trial, count: number): Promise<void> {
  if (trial.capabilities.sharedWire !== true) {
    await expectOwnAnswers(trial, count, 3);
    return;
  }
  const calls = numbers(count).map(async (seed) => {
    const content = pattern(300 + seed, seed);
    const call = trial.send({ kind: 'answer', chunks: split(content, 128), pauseMs: 3 });
    const outcome = await trial.arrival(
      call.then(({ body }) => body.collect()).catch((error: unknown) => error),
      `the end of call ${seed}`,
    );
    if (Array.isArray(outcome)) assertBytes(concat(outcome), content, `the answer to call ${seed}`);
    else {
      assert.ok(
        outcome instanceof LinkspanError,
        `Expected a LinkspanError, found ${describeError(outcome)}`,
      );
    }
  });
  await Promise.all(calls);
  await expectOwn(trial, count + 1);
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** Promise 2: calls made at the same time never see one another's answers, nor failures. */
export const p2OwnAnswers: readonly ConformanceCase[] = defineCases(2, [
  {
    id: 'out-of-order',
    title: 'gives each of 40 calls its own answer, though the last is answered first',
    async run(trial) {
      await Promise.all(numbers(40).map((seed) => expectOwn(trial, seed, (40 - seed) % 9)));
      assert.ok(trial.peer.requests >= 40, 'Expected every call to reach the peer');
    },
  },
  {
    id: 'many-at-once',
    title: 'gives each of 300 calls its own answer',
    async run(trial) {
      await expectOwnAnswers(trial, 300, 0);
    },
  },
  {
    id: 'interleaved-bodies',
    title: 'keeps the chunks of bodies apart that come at the same time',
    async run(trial) {
      const bodies = numbers(8).map(async (seed) => {
        const content = pattern(20 * 512, seed);
        const { body } = await trial.head({
          kind: 'answer',
          chunks: split(content, 512),
          pauseMs: 1 + (seed % 3),
        });
        assertBytes(await trial.read(body), content, `body ${seed}`);
      });
      await Promise.all(bodies);
    },
  },
  {
    id: 'own-echo',
    title: 'sends with each of 30 calls its own payload',
    async run(trial) {
      const calls = numbers(30).map(async (seed) => {
        const bytes = pattern(2000 + seed, seed);
        const { body } = await trial.head({ kind: 'echo' }, { payload: { kind: 'bytes', bytes } });
        assertBytes(await trial.read(body), bytes, `echo ${seed}`);
      });
      await Promise.all(calls);
    },
  },
  {
    id: 'own-upload',
    title: 'keeps the chunks of payloads apart that are sent at the same time',
    needs: ['upload'],
    async run(trial) {
      const calls = numbers(8).map(async (seed) => {
        const bytes = pattern(20 * 700, seed);
        const source = new Source({ chunks: split(bytes, 700) });
        const { body } = await trial.head({ kind: 'echo' }, { payload: source.factory });
        assertBytes(await trial.read(body), bytes, `echo ${seed}`);
      });
      await Promise.all(calls);
    },
  },
  {
    id: 'own-head',
    title: 'gives each call the status and the headers of its own answer',
    needs: ['status'],
    async run(trial) {
      const statuses = [200, 201, 404, 418, 500, 503];
      const calls = numbers(30).map(async (seed) => {
        const status = statuses[seed % statuses.length] as number;
        const response = await trial.head({
          kind: 'answer',
          chunks: [text(String(seed))],
          status,
          headers: { 'X-Call': String(seed) },
          pauseMs: seed % 4,
        });
        assertSame(response.status, status, `Expected the status of call ${seed}`);
        assertSame(response.headers['x-call'], String(seed), `Expected the header of call ${seed}`);
        assertBytes(await trial.read(response.body), text(String(seed)), `body ${seed}`);
      });
      await Promise.all(calls);
    },
  },
  {
    id: 'one-dropped',
    title: 'lets a wire that breaks under one call fail no call but those that are on it',
    async run(trial) {
      const failing = numbers(4).map(() => trial.callFailure(trial.send({ kind: 'drop' })));
      await Promise.all([...failing, expectNeighbours(trial, 12)]);
    },
  },
  {
    id: 'one-cut',
    title: 'lets a wire that breaks under one body fail no call but those that are on it',
    async run(trial) {
      const failing = numbers(4).map(() =>
        trial.callFailure(trial.send({ kind: 'cut', chunks: [pattern(500, 99)], how: 'reset' })),
      );
      await Promise.all([...failing, expectNeighbours(trial, 12)]);
    },
  },
  {
    id: 'one-aborted',
    title: 'lets an abort end its own call alone',
    async run(trial) {
      const controller = new AbortController();
      const reason = new Error('Enough');
      const call = trial.send({ kind: 'silent' }, { signal: controller.signal });
      const others = expectOwnAnswers(trial, 12, 5);
      await trial.taken();
      controller.abort(reason);
      assertReason(await trial.rejection(call, 'an aborted call'), reason);
      await others;
    },
  },
  {
    id: 'one-timed-out',
    title: 'lets a clock end its own call alone',
    async run(trial) {
      const call = trial.send({ kind: 'silent' }, { attemptMs: 60 });
      const others = expectOwnAnswers(trial, 12, 40);
      assertTimeout(await trial.failure(call, 'a call with attemptMs'), 'attemptMs');
      await others;
    },
  },
  {
    id: 'nothing-left-of-abandoned-body',
    title: 'never gives a call what was left unread of the body before it',
    needs: ['streaming'],
    async run(trial) {
      const rest = Array.from({ length: 6 }, () => pattern(1000, 99));
      for (const seed of numbers(8)) {
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        const { body } = await trial.head({ kind: 'answer', chunks: rest, pauseMs: seed % 2 });
        // oxlint-disable-next-line no-await-in-loop -- as above
        await trial.arrival(body.cancel(), 'cancel() to resolve');
        // oxlint-disable-next-line no-await-in-loop -- as above
        await expectOwn(trial, seed);
      }
    },
  },
  {
    id: 'after-a-broken-wire',
    title: 'answers calls after the wire was broken under others',
    async run(trial) {
      const scenes = [
        { kind: 'drop' },
        { kind: 'cut', chunks: [text('a')], how: 'reset' },
        { kind: 'cut', chunks: [text('a')], how: 'end' },
        { kind: 'garbage' },
      ] as const;
      for (const [index, scene] of scenes.entries()) {
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        await trial.callFailure(trial.send(scene), `a call ('${scene.kind}')`);
        // oxlint-disable-next-line no-await-in-loop -- as above
        await expectOwn(trial, index + 1);
      }
    },
  },
  {
    id: 'after-a-late-answer',
    title: 'gives an answer that comes too late to nobody',
    async run(trial) {
      const late = trial.send(
        { kind: 'answer', chunks: [text('late')], pauseMs: 150 },
        { attemptMs: 40 },
      );
      assertTimeout(await trial.failure(late, 'a call with attemptMs'), 'attemptMs');
      for (const seed of numbers(5)) {
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        await expectOwn(trial, seed, 20);
      }
    },
  },
  {
    id: 'same-request-twice',
    title: 'leaves the request of its caller as it was, so that it can be sent again',
    async run(trial) {
      const bytes = pattern(500);
      const request = Object.freeze({
        ...trial.stage.request({ kind: 'echo' }),
        payload: Object.freeze({ kind: 'bytes', bytes } as const),
      });
      const copy = structuredClone(request);
      const { body } = await trial.arrival(
        trial.transport.send(request, trial.context()),
        'the answer to a frozen request',
      );
      assertBytes(await trial.read(body), bytes, 'the echo');
      assert.ok(isDeepStrictEqual(request, copy), 'Expected the request to be unchanged');
    },
  },
  {
    id: 'parallel-connect',
    title: 'connects on its own, and once or at the same time with connect() does no harm',
    async run(trial) {
      const connecting = Promise.all([trial.transport.connect(), trial.transport.connect()]);
      const calls = expectOwnAnswers(trial, 4, 0);
      await trial.arrival(connecting, 'connect() to resolve, called twice');
      await calls;
      await trial.arrival(trial.transport.connect(), 'connect() to resolve when connected');
      await expectOwn(trial, 5);
    },
  },
]);
