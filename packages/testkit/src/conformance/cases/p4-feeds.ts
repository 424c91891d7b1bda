import assert from 'node:assert/strict';
import type { Body } from '@linkspan/core';
import { assertBytes, assertPrefix, concat, pattern, split, text } from '../bytes.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { defineCases } from '../define-cases.ts';
import type { Trial } from '../trial.ts';

/** Whether the body offers a feed; one that does not has nothing to keep here. */
type FedBody = Body & Required<Pick<Body, 'feed'>>;
const isFed = (body: Body): body is FedBody => body.feed !== undefined;

/** Reads a body through its feed. What is told after the end is counted. */
class Fed {
  readonly chunks: Uint8Array[] = [];
  readonly end: Promise<void>;
  ends = 0;

  constructor(body: FedBody) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.end = promise;
    promise.catch(() => {});
    const feed = body.feed({
      chunk: (chunk) => {
        this.chunks.push(chunk);
        // Not within the call of the one who feeds: it may be in the middle of something.
        queueMicrotask(take);
      },
      end: () => {
        this.ends += 1;
        resolve();
      },
      fail: (error) => {
        this.ends += 1;
        reject(error);
      },
    });
    const take = (): void => {
      for (let chunk = feed.take(); chunk !== undefined; chunk = feed.take()) {
        this.chunks.push(chunk);
      }
    };
    take();
  }
}

async function fed(trial: Trial, chunks: readonly Uint8Array[]): Promise<FedBody | undefined> {
  const { body } = await trial.head({ kind: 'answer', chunks });
  if (isFed(body)) return body;
  await trial.arrival(body.cancel(), 'cancel() to resolve');
  return undefined;
}

/** Promise 4, for bodies that offer a feed: it tells what iterating tells. */
export const p4Feeds: readonly ConformanceCase[] = defineCases(4, [
  {
    id: 'fed-like-iterated',
    title: 'gives through a feed, where its bodies have one, the bytes that were sent, and one end',
    async run(trial) {
      for (const content of [new Uint8Array(0), text('a'), pattern(300_000)]) {
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        const body = await fed(trial, split(content, 7000));
        if (body === undefined) return;
        const reader = new Fed(body);
        // oxlint-disable-next-line no-await-in-loop -- as above
        await trial.arrival(reader.end, 'the end of a feed');
        assertBytes(concat(reader.chunks), content, 'what was fed');
        assert.ok(reader.ends === 1, `Expected one end of a feed, found ${reader.ends}`);
      }
    },
  },
  {
    id: 'fed-cut-fails',
    title: 'fails a feed, where its bodies have one, when the body was cut',
    async run(trial) {
      for (const how of ['reset', 'end'] as const) {
        const sent = [text('one'), text('two')];
        // oxlint-disable-next-line no-await-in-loop -- one call after another
        const response = await trial.arrival(
          trial.send({ kind: 'cut', chunks: sent, how }).catch(() => undefined),
          'a head, or a failure',
        );
        // Where answers come whole, there is no body to be fed.
        if (response === undefined || !isFed(response.body)) return;
        const reader = new Fed(response.body);
        // oxlint-disable-next-line no-await-in-loop -- as above
        await trial.failure(reader.end, `a feed of a body that was cut (${how})`);
        assertPrefix(concat(reader.chunks), concat(sent), 'what was fed');
        assert.ok(reader.ends === 1, `Expected one end of a feed, found ${reader.ends}`);
      }
    },
  },
  {
    id: 'fed-once',
    title: 'refuses a feed, where its bodies have one, of a body that was taken already',
    async run(trial) {
      const body = await fed(trial, [text('once')]);
      if (body === undefined) return;
      await trial.read(body);
      await trial.failure(
        (async () => await new Fed(body).end)(),
        'a feed of a body that was read: a body is read once, and an empty one would look complete:',
      );
    },
  },
]);
