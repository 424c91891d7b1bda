import assert from 'node:assert/strict';
import { LinkspanError } from '@linkspan/core';
import { assertSame } from '../assert-same.ts';
import { assertBytes, pattern, text } from '../bytes.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { defineCases } from '../define-cases.ts';
import { assertClosed, assertMayBeSent, assertNotSent, assertTimeout } from '../failures.ts';
import { Source } from '../source.ts';
import { describeError } from '../trial.ts';

/** Promise 8: a failure tells the truth about whether the request may have reached the peer. */
export const p8Truth: readonly ConformanceCase[] = defineCases(8, [
  {
    id: 'absent-is-not-sent',
    title: "says 'no' when nobody is there to send to",
    async run(trial) {
      const call = trial.send({ kind: 'absent' });
      await assertNotSent(await trial.failure(call, 'a call to nobody'), trial);
    },
  },
  {
    id: 'late-is-not-sent',
    title: 'sends nothing for a call whose deadline has passed, and says so',
    async run(trial) {
      const call = trial.send({ kind: 'answer', chunks: [text('a')] }, { totalMs: 0 });
      const error = await trial.failure(call, 'a call whose deadline has passed');
      assertTimeout(error, 'totalMs');
      await assertNotSent(error, trial);
    },
  },
  {
    id: 'closed-is-not-sent',
    title: "says 'no' for a call after close()",
    async run(trial) {
      await trial.close();
      const call = trial.send({ kind: 'answer', chunks: [text('a')] });
      const error = await trial.failure(call, 'a call after close()');
      assertClosed(error);
      await assertNotSent(error, trial);
    },
  },
  {
    id: 'dropped-may-be-sent',
    title: "does not say 'no' when the wire breaks before the head: the peer has the request",
    async run(trial) {
      assertMayBeSent(await trial.failure(trial.send({ kind: 'drop' }), 'a call whose wire broke'));
    },
  },
  {
    id: 'timed-out-may-be-sent',
    title: "does not say 'no' when a clock runs out while the peer has the request",
    async run(trial) {
      for (const facts of [{ attemptMs: 150 }, { totalMs: 150 }]) {
        const requests = trial.peer.requests + 1;
        const call = trial.send({ kind: 'silent' }, facts);
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        const error = await trial.failure(call, 'a call whose clock ran out');
        // A slow machine may not have sent it by then; then 'no' is the truth.
        if (trial.peer.requests >= requests) assertMayBeSent(error);
      }
    },
  },
  {
    id: 'closed-may-be-sent',
    title: "does not say 'no' when the transport closes while the peer has the request",
    async run(trial) {
      const call = trial.send({ kind: 'silent' });
      await trial.taken();
      await trial.close();
      assertMayBeSent(await trial.failure(call, 'a call in flight when the transport closed'));
    },
  },
  {
    id: 'garbage-was-sent',
    title: "does not say 'no' when the peer answers with garbage",
    async run(trial) {
      const call = trial.send({ kind: 'garbage' });
      assertMayBeSent(await trial.callFailure(call, 'a call answered with garbage'));
    },
  },
  {
    id: 'body-was-sent',
    title: "does not say 'no' when a body fails: whatever the reason, there was an answer",
    needs: ['streaming'],
    async run(trial) {
      const stall = { kind: 'stall', chunks: [text('a')] } as const;
      // Some wires take longer to make than the clocks below.
      await trial.answer([text('a')]);
      const bodies = {
        cut: trial.send({ kind: 'cut', chunks: [text('a')], how: 'reset' }),
        silent: trial.send(stall, { idleMs: 60 }),
        'out of time': trial.send(stall, { totalMs: 200 }),
      };
      for (const [ending, call] of Object.entries(bodies)) {
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        assertMayBeSent(await trial.callFailure(call, `a body (${ending})`));
      }
      const { body } = await trial.head(stall);
      await trial.close();
      assertMayBeSent(await trial.failure(body.collect(), 'a body when the transport closed'));
    },
  },
  {
    id: 'payload-failure-is-told-truly',
    title: "does not say 'no' when a payload breaks off that the peer has begun to get",
    needs: ['upload'],
    async run(trial) {
      const source = new Source({
        chunks: Array.from({ length: 20 }, () => pattern(64 * 1024)),
        failure: new Error('Disk gone'),
      });
      const call = trial.send({ kind: 'echo' }, { payload: source.factory });
      const error = await trial.callFailure(call, 'a call whose payload broke off');
      await trial.pass(30);
      if (trial.peer.requests > 0) assertMayBeSent(error);
    },
  },
  {
    id: 'unsafe-request-goes-once',
    title:
      'never sends a request again by itself that the peer may have, and that is not idempotent',
    async run(trial) {
      // Also on a connection that was used before: that it breaks tells nothing about the request.
      await trial.answer([text('a')]);
      const call = trial.transport.send(
        {
          ...trial.stage.request({ kind: 'drop' }),
          payload: { kind: 'bytes', bytes: text('pay') },
          idempotent: false,
        },
        trial.context(),
      );
      assertMayBeSent(await trial.failure(call, 'a call whose wire broke'));
      await trial.pass(50);
      assertSame(trial.peer.requests, 2, 'Expected the peer to get the request once');
    },
  },
  {
    id: 'status-is-an-answer',
    title: 'gives every status as an answer, with its headers in lower case, and throws none',
    needs: ['status'],
    async run(trial) {
      for (const status of [200, 201, 400, 401, 404, 429, 500, 503]) {
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        const response = await trial.head({
          kind: 'answer',
          chunks: [text('why')],
          status,
          headers: { 'X-Kit-Mark': 'Some Value', 'retry-after': '0' },
        });
        assertSame(response.status, status, 'Expected the status that the peer sent');
        assertSame(
          response.headers['x-kit-mark'],
          'Some Value',
          'Expected the header that was sent',
        );
        const names = Object.keys(response.headers);
        assertSame(
          names.find((name) => name !== name.toLowerCase()),
          undefined,
          'Expected the names of headers in lower case',
        );
        // oxlint-disable-next-line no-await-in-loop -- as above
        assertBytes(await trial.read(response.body), text('why'), 'the body of an answer');
      }
    },
  },
  {
    id: 'upload-as-declared',
    title: 'sends a payload that is a stream if it says so in its capabilities, or else refuses it',
    async run(trial) {
      const source = new Source({ chunks: [text('a'), text('b')] });
      const call = trial.send({ kind: 'echo' }, { payload: source.stream });
      if (trial.capabilities.upload) {
        const { body } = await trial.arrival(call, 'the answer to a stream');
        assertBytes(await trial.read(body), text('ab'), 'the echo of a stream');
        return;
      }
      const error = await trial.failure(call, 'a stream, which its capabilities exclude,');
      await assertNotSent(error, trial);
      assertSame(source.opened, 0, 'Expected the stream to be left alone');
    },
  },
  {
    id: 'duplex-as-declared',
    title: 'gives what is said while a payload goes on, as it says that it can',
    needs: ['duplex'],
    async run(trial) {
      const source = new Source({ chunks: [text('a')], isSilent: true });
      const { body } = await trial.head({ kind: 'converse' }, { payload: source.stream });
      const read = await trial.arrival(body[Symbol.asyncIterator]().next(), 'the first message');
      assert.ok(read.done !== true, 'Expected what was said while the payload goes on');
      assertBytes(read.value, text('a'), 'what was said while the payload goes on');
      await trial.arrival(body.cancel(), 'cancel() to resolve');
    },
  },
  {
    id: 'capabilities-are-plain',
    title: 'has a name, and says of each capability whether it has it',
    async run(trial) {
      const { name, capabilities } = trial.transport;
      assert.ok(typeof name === 'string' && name !== '', 'Expected a name');
      for (const key of ['streaming', 'upload', 'duplex', 'status'] as const) {
        assertSame(
          typeof capabilities[key],
          'boolean',
          `Expected capabilities.${key} to be true or false`,
        );
      }
      for (const key of ['backpressure', 'sharedWire'] as const) {
        assert.ok(
          ['boolean', 'undefined'].includes(typeof capabilities[key]),
          `Expected capabilities.${key} to be true or false, or left out`,
        );
      }
      assert.ok(
        capabilities.upload || !capabilities.duplex,
        'Expected upload where there is duplex: it is a payload that is a stream',
      );
    },
  },
  {
    id: 'probe-alive',
    title: 'has a probe that resolves while the peer is there, where it has one',
    async run(trial) {
      const { transport } = trial;
      if (transport.probe === undefined) return;
      await trial.arrival(transport.probe(trial.context({ totalMs: 60_000 })), 'the probe');
      await trial.freed('by the probe');
      await trial.until(() => trial.clock.running === 0, 'the timers of the probe to be cleared');
    },
  },
  {
    id: 'probe-dead',
    title: 'has a probe that rejects with a LinkspanError when nobody is there, where it has one',
    async run(trial) {
      const { transport } = trial;
      if (transport.probe === undefined) return;
      trial.stage.request({ kind: 'absent' });
      const probing = transport.probe(trial.context({ totalMs: 60_000 }));
      await trial.failure(probing, 'a probe of nobody');
    },
  },
  {
    id: 'connect-to-nobody',
    title: 'fails connect() with a LinkspanError, if at all, when nobody is there',
    async run(trial) {
      trial.stage.request({ kind: 'absent' });
      const error = await trial.arrival(
        trial.transport.connect().then(
          () => undefined,
          (failure: unknown) => failure,
        ),
        'connect() to settle',
      );
      assert.ok(
        error === undefined || error instanceof LinkspanError,
        `Expected a LinkspanError, found ${describeError(error)}`,
      );
      const call = trial.send({ kind: 'answer', chunks: [] });
      await assertNotSent(await trial.failure(call, 'a call to nobody'), trial);
    },
  },
]);
