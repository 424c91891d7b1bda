import assert from 'node:assert/strict';
import { StreamGapError } from '@linkspan/core';
import { assertSame } from '../assert-same.ts';
import { assertBytes, assertPrefix, concat, pattern, split, text } from '../bytes.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { defineCases } from '../define-cases.ts';
import { assertReason } from '../failures.ts';
import { BOUND_BYTES, plenty, Source } from '../source.ts';
import { describeError, type Trial } from '../trial.ts';

const flood = { kind: 'flood', chunkBytes: 64 * 1024 } as const;

/**
 * Waits until a count of bytes stands still, and fails when it passes the bound before. What is read
 * without end passes it in a moment; what is stopped by a slow side stands still.
 */
async function expectStop(trial: Trial, bytes: () => number, what: string): Promise<void> {
  const begin = bytes();
  let last = -1;
  for (let quietTurns = 0; quietTurns < 25;) {
    // oxlint-disable-next-line no-await-in-loop -- one look after another
    await trial.pass(10);
    quietTurns = bytes() === last ? quietTurns + 1 : 0;
    last = bytes();
    assert.ok(
      last - begin < BOUND_BYTES,
      `Expected ${what} to stop, found more than ${BOUND_BYTES / 1024 / 1024} MiB on the way`,
    );
  }
}

/** Promise 5: a slow side slows the other; memory stays bounded. */
export const p5Backpressure: readonly ConformanceCase[] = defineCases(5, [
  {
    id: 'as-they-come',
    title: 'gives the chunks of a body while it is being made',
    needs: ['streaming'],
    async run(trial) {
      const sent = [text('first'), text('second')];
      const { body } = await trial.head({ kind: 'stall', chunks: sent });
      const chunks = body[Symbol.asyncIterator]();
      const seen: Uint8Array[] = [];
      while (concat(seen).length < concat(sent).length) {
        // oxlint-disable-next-line no-await-in-loop -- one chunk after another
        const read = await trial.arrival(chunks.next(), 'a chunk of a body that is not over');
        assert.ok(read.done !== true, 'Expected a body that is not over');
        seen.push(read.value);
      }
      assertBytes(concat(seen), concat(sent), 'what has come');
      await trial.arrival(body.cancel(), 'cancel() to resolve');
    },
  },
  {
    id: 'unread-body',
    title: 'stops a peer that floods a body which nobody reads',
    needs: ['streaming', 'backpressure'],
    async run(trial) {
      const { body } = await trial.head(flood);
      await expectStop(trial, () => trial.peer.flooded, 'the flood');
      await trial.arrival(body.cancel(), 'cancel() to resolve');
      await trial.freed('by cancel()');
    },
  },
  {
    id: 'slow-reader',
    title: 'stops a peer that floods a reader which has paused, and lets it go on afterwards',
    needs: ['streaming', 'backpressure'],
    async run(trial) {
      const { body } = await trial.head(flood);
      const chunks = body[Symbol.asyncIterator]();
      for (let round = 0; round < 3; round++) {
        for (let read = 0; read < 20; read++) {
          // oxlint-disable-next-line no-await-in-loop -- one chunk after another
          const step = await trial.arrival(chunks.next(), 'a chunk of the flood after a pause');
          assert.ok(step.done !== true, 'Expected a flood without end');
        }
        // oxlint-disable-next-line no-await-in-loop -- as above
        await expectStop(trial, () => trial.peer.flooded, 'the flood');
      }
      await trial.arrival(body.cancel(), 'cancel() to resolve');
      await trial.freed('by cancel()');
    },
  },
  {
    id: 'overrun-as-declared',
    title: 'fails a body whose reader falls behind, if it says that it cannot slow the peer',
    needs: ['streaming'],
    async run(trial) {
      if (trial.capabilities.backpressure !== false) return;
      const { body } = await trial.head(flood);
      await trial.freed('of a flood that nobody reads');
      let bytes = 0;
      const reading = (async () => {
        for await (const chunk of body) bytes += chunk.byteLength;
      })();
      const error = await trial.failure(reading, 'a body whose reader fell behind');
      assert.ok(
        error instanceof StreamGapError,
        `Expected a StreamGapError, found ${describeError(error)}`,
      );
      assert.ok(
        bytes > 0 && bytes < BOUND_BYTES,
        `Expected what had come first, and less than ${BOUND_BYTES} bytes of it, found ${bytes}`,
      );
      assertBytes(await trial.answer([text('next')]), text('next'), 'the answer to another call');
    },
  },
  {
    id: 'steady-reader',
    title: 'lets a flood through to a reader that keeps reading',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head(flood);
      let bytes = 0;
      const reading = (async () => {
        for await (const chunk of body) {
          bytes += chunk.byteLength;
          if (bytes > BOUND_BYTES) break;
        }
      })();
      await trial.arrival(reading, `${BOUND_BYTES} bytes of a flood`);
      await trial.freed('by the break');
    },
  },
  {
    id: 'flood-stops-when-left',
    title: 'takes nothing more of a body that was left',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head(flood);
      await trial.arrival(body[Symbol.asyncIterator]().next(), 'the first chunk');
      await trial.arrival(body.cancel(), 'cancel() to resolve');
      await trial.freed('by cancel()');
      await expectStop(trial, () => trial.peer.flooded, 'the flood');
    },
  },
  {
    id: 'paused-body-does-not-block',
    title: 'answers other calls while the body of one is not read',
    needs: ['streaming'],
    async run(trial) {
      const { body } = await trial.head(flood);
      if (trial.capabilities.backpressure === false) await trial.pass(50);
      else await expectStop(trial, () => trial.peer.flooded, 'the flood');
      assertBytes(await trial.answer([text('other')]), text('other'), 'the answer to another call');
      await trial.arrival(body.cancel(), 'cancel() to resolve');
    },
  },
  {
    id: 'deaf-peer',
    title: 'reads a payload no faster than the peer takes it',
    needs: ['upload'],
    async run(trial) {
      const controller = new AbortController();
      const source = new Source({ chunks: plenty() });
      const call = trial.send(
        { kind: 'deaf' },
        { payload: source.factory, signal: controller.signal },
      );
      await trial.taken();
      await expectStop(trial, () => source.pulledBytes, 'the reading of the payload');
      controller.abort('left');
      assertReason(await trial.rejection(call, 'an aborted call'), 'left');
    },
  },
  {
    id: 'deaf-peer-is-left',
    title: 'can be aborted while a peer takes nothing of a large payload, which is left then',
    needs: ['upload'],
    async run(trial) {
      const controller = new AbortController();
      const reason = new Error('Enough');
      const source = new Source({ chunks: plenty() });
      const call = trial.send(
        { kind: 'deaf' },
        { payload: source.stream, signal: controller.signal },
      );
      await trial.taken();
      await trial.pass(30);
      controller.abort(reason);
      assertReason(await trial.rejection(call, 'an aborted call'), reason);
      await trial.until(() => source.isReleased, 'the payload to be left');
    },
  },
  {
    id: 'deaf-peer-and-clock',
    title: 'obeys attemptMs while a peer takes nothing of a large payload',
    needs: ['upload'],
    async run(trial) {
      const source = new Source({ chunks: plenty() });
      const call = trial.send({ kind: 'deaf' }, { payload: source.factory, attemptMs: 100 });
      await trial.failure(call, 'a call with attemptMs');
      await trial.until(() => source.isReleased, 'the payload to be left');
    },
  },
  {
    id: 'streamed-upload',
    title: 'sends 4 MiB of a stream to the byte',
    needs: ['upload'],
    async run(trial) {
      const block = pattern(64 * 1024);
      const source = new Source({ chunks: Array.from({ length: 64 }, () => block) });
      const { body } = await trial.head({ kind: 'echo' }, { payload: source.stream });
      let bytes = 0;
      let held = new Uint8Array(0);
      const reading = (async () => {
        for await (const chunk of body) {
          bytes += chunk.byteLength;
          const all = concat([held, chunk]);
          for (const part of split(all, block.length)) {
            if (part.length === block.length) assertBytes(part, block, 'a block of the echo');
            else assertPrefix(part, block, 'a block of the echo');
          }
          held = all.slice(all.length - (all.length % block.length));
        }
      })();
      await trial.arrival(reading, 'the whole echo');
      assertSame(bytes, 64 * block.length, 'Expected as many bytes as were sent');
    },
  },
]);
