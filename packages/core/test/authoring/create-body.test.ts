import { Deadline, ManualClock } from '@linkspan/concurrency';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CallContext,
  ConnectionResetError,
  createBody,
  MessageError,
  MessageTooLargeError,
  TimeoutError,
  TransportError,
} from '@linkspan/core';
import { EndlessBody, SilentBody } from '../endless-body.ts';

function scene(facts: { idleMs?: number; totalMs?: number } = {}) {
  const clock = new ManualClock();
  const controller = new AbortController();
  const context: CallContext = {
    signal: controller.signal,
    deadline: Deadline.after(facts.totalMs, clock),
    attempt: 1,
    streaming: false,
    attemptMs: Infinity,
    idleMs: facts.idleMs ?? Infinity,
    acceptStatus: () => true,
  };
  return { clock, controller, context };
}

describe('createBody()', () => {
  it.each([
    ['an iterable', [1, 2, 3]],
    ['an async iterable', numbers()],
  ])('reads the chunks of %s', async (_kind, source) => {
    const seen: number[] = [];
    let closed = 0;
    const body = createBody(source, scene().context);
    body.onClose(() => (closed += 1));

    for await (const chunk of body) seen.push(chunk);

    expect(seen).toEqual([1, 2, 3]);
    expect(closed).toBe(1);
  });

  it.each([
    [
      { code: 1000, reason: 'bye' },
      { code: 1000, reason: 'bye' },
    ],
    [{ code: 1001, other: 'left out' }, { code: 1001 }],
    [undefined, undefined],
    ['what a generator returns', undefined],
    [{ code: 'E_TEXT' }, undefined],
  ])('gives on why its source ended: %j', async (returned, end) => {
    const source = (async function* () {
      yield 1;
      return returned;
    })();
    const chunks = createBody(source, scene().context)[Symbol.asyncIterator]();

    expect(await chunks.next()).toEqual({ done: false, value: 1 });
    expect(await chunks.next()).toEqual({ done: true, value: end });
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it('is read once', async () => {
    const body = createBody([1], scene().context);
    expect(await body.collect()).toEqual([1]);

    expect(() => body[Symbol.asyncIterator]()).toThrow(MessageError);
    await expect(body.collect()).rejects.toMatchObject({ code: 'body_used' });
  });

  it('cannot be read when it was cancelled', async () => {
    const body = createBody([1], scene().context);
    await body.cancel();
    await expect(body.collect()).rejects.toMatchObject({ code: 'body_used' });
  });

  it('frees the source when the reader leaves the loop early', async () => {
    const source = new EndlessBody();
    for await (const chunk of createBody(source, scene().context)) {
      expect(chunk).toHaveLength(1024);
      break;
    }
    expect(source.releases).toBe(1);
  });

  it('reads on demand: a slow reader slows the source', async () => {
    const source = new EndlessBody();
    const chunks = createBody(source, scene().context)[Symbol.asyncIterator]();
    await chunks.next();
    await chunks.next();
    expect(source.reads).toBe(2);
  });

  it('frees the source when it is cancelled unread, once', async () => {
    const source = new EndlessBody();
    const body = createBody(source, scene().context);
    await body.cancel();
    await body.cancel();
    await body[Symbol.asyncDispose]();
    expect(source.releases).toBe(1);
  });

  it('ends a read that waits when it is cancelled', async () => {
    const source = new SilentBody();
    const body = createBody(source, scene().context);
    const read = body[Symbol.asyncIterator]().next();

    await body.cancel();

    expect(await read).toEqual({ done: true, value: undefined });
    expect(source.releases).toBe(1);
  });

  it('collects no more than maxBytes', async () => {
    const source = new EndlessBody();
    const body = createBody(source, scene().context);
    await expect(body.collect({ maxBytes: 2048 })).rejects.toBeInstanceOf(MessageTooLargeError);
    expect(source.reads).toBe(3);
    expect(source.releases).toBe(1);
  });

  it('fails when its source does: with a LinkspanError, unchanged or around the cause', async () => {
    const ours = new ConnectionResetError('Cannot read: reset');
    await expect(createBody(failing(ours), scene().context).collect()).rejects.toBe(ours);

    const theirs = new RangeError('a bug');
    await expect(createBody(failing(theirs), scene().context).collect()).rejects.toMatchObject({
      constructor: TransportError,
      code: 'body',
      phase: 'body',
      sent: 'yes',
      cause: theirs,
    });
  });

  it('says its failure once, then it is over', async () => {
    const chunks = createBody(failing(new Error('x')), scene().context)[Symbol.asyncIterator]();
    await chunks.next();
    await expect(chunks.next()).rejects.toBeInstanceOf(TransportError);
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it('hands over reads that overlap in their order', async () => {
    const chunks = createBody(numbers(), scene().context)[Symbol.asyncIterator]();
    const reads = await Promise.all([chunks.next(), chunks.next(), chunks.next(), chunks.next()]);
    expect(reads.map(({ value }) => value)).toEqual([1, 2, 3, undefined]);
  });

  it('hands over in the order in which was asked, however reads and chunks overlap', async () => {
    const steps = fc.array(fc.constantFrom('read', 'readOn', 'arrive', 'arrive', 'turn'), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const source = new HandFedSource();
        const chunks = createBody(source, scene().context)[Symbol.asyncIterator]();
        const reads: Promise<IteratorResult<number, unknown>>[] = [];
        const read = (): Promise<IteratorResult<number, unknown>> => {
          const asked = chunks.next();
          reads.push(asked);
          return asked;
        };
        for (const step of script) {
          if (step === 'read') void read();
          // A reader who asks again as soon as it got something, before the others are told.
          else if (step === 'readOn') void read().then(() => void read());
          else if (step === 'arrive') source.arrive();
          // oxlint-disable-next-line no-await-in-loop -- one step after another
          else await Promise.resolve();
        }
        source.end();
        const values: unknown[] = [];
        // oxlint-disable-next-line no-await-in-loop -- there may be more reads behind each
        while (values.length < reads.length) values.push((await reads[values.length]!).value);

        const count = Math.min(source.count, reads.length);
        expect(values.filter((value) => value !== undefined)).toEqual(numbersTo(count));
        expect(values.slice(0, count)).toEqual(numbersTo(count));
      }),
      { numRuns: 500 },
    );
  });

  it('fails a reader that waits longer than idleMs, and not a slow reader', async () => {
    const { clock, context } = scene({ idleMs: 100 });
    const source = new SilentBody('a');
    const chunks = createBody(source, context)[Symbol.asyncIterator]();
    await chunks.next();
    await clock.advance(1_000);
    const read = chunks.next();
    read.catch(() => {});
    await clock.advance(100);

    await expect(read).rejects.toMatchObject({
      constructor: TimeoutError,
      clock: 'idleMs',
      limitMs: 100,
      code: 'body_timeout',
    });
    expect(source.releases).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects with signal.reason itself, also for a source that is all there', async () => {
    const { controller, context } = scene();
    const chunks = createBody([1, 2], context)[Symbol.asyncIterator]();
    await chunks.next();
    controller.abort('enough');
    await expect(chunks.next()).rejects.toBe('enough');
  });

  it('fails at once when the signal was aborted before', async () => {
    const { controller, context } = scene();
    controller.abort('enough');
    const source = new EndlessBody();
    await expect(createBody(source, context).collect()).rejects.toBe('enough');
    expect(source.reads).toBe(0);
    expect(source.releases).toBe(1);
  });

  it('is closed from the start when there is nothing in it', () => {
    let closed = 0;
    createBody([], scene().context).onClose(() => (closed += 1));
    expect(closed).toBe(1);
  });

  describe('fail()', () => {
    it('ends a read that waits', async () => {
      const { clock, context } = scene({ idleMs: 5_000, totalMs: 5_000 });
      const body = createBody(new SilentBody(), context);
      const read = body[Symbol.asyncIterator]().next();
      const error = new ConnectionResetError('Cannot read: reset');

      body.fail(error);
      body.fail(new Error('later'));

      await expect(read).rejects.toBe(error);
      expect(clock.pendingTimers).toBe(0);
    });

    it('is told to the next reader when nobody waits', async () => {
      const body = createBody(new SilentBody(), scene().context);
      const error = new ConnectionResetError('Cannot read: reset');
      body.fail(error);
      await expect(body.collect()).rejects.toBe(error);
    });

    it('is told to a reader who comes when the body says that it is closed', async () => {
      const body = createBody(new SilentBody(), scene().context);
      const error = new ConnectionResetError('Cannot read: reset');
      const { promise: read, resolve } = Promise.withResolvers();
      body.onClose(() => resolve(body.collect()));

      body.fail(error);

      await expect(read).rejects.toBe(error);
    });
  });
});

function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_none, nth) => nth + 1);
}

async function* numbers(): AsyncGenerator<number> {
  yield* [1, 2, 3];
}

async function* failing(error: unknown): AsyncGenerator<number> {
  yield 1;
  throw error;
}

/** A source whose chunks, numbers that count up, arrive when a test says so. */
class HandFedSource implements AsyncIterableIterator<number, undefined> {
  count = 0;
  #waiting: number[] = [];
  #isOver = false;
  #asked: ((read: IteratorResult<number, undefined>) => void) | undefined;

  [Symbol.asyncIterator](): this {
    return this;
  }

  arrive(): void {
    this.#waiting.push((this.count += 1));
    this.#answer();
  }

  end(): void {
    this.#isOver = true;
    this.#answer();
  }

  next(): Promise<IteratorResult<number, undefined>> {
    return new Promise((resolve) => {
      this.#asked = resolve;
      this.#answer();
    });
  }

  #answer(): void {
    const asked = this.#asked;
    if (asked === undefined || (this.#waiting.length === 0 && !this.#isOver)) return;
    this.#asked = undefined;
    const value = this.#waiting.shift();
    asked(value === undefined ? { done: true, value: undefined } : { done: false, value });
  }
}
