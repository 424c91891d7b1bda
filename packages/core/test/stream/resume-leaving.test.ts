import { ClosedError, type MemoryAnswer, NotFoundError, TimeoutError } from '@linkspan/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { numbered } from './numbered-dialect.ts';
import { openWords, readAll } from './open-words.ts';
import { type Answer, get, reset, type ResumeScene, resumeScene } from './resume-scene.ts';

/** Leaves a stream in each of the states that a resumed one can be in. */
const states: readonly (readonly [string, readonly Answer[], number, number])[] = [
  ['while it is read', [['1:a ', 'silence']], 0, 1],
  ['in the wait before it is taken up', [['1:a ', reset()]], 100, 1],
  ['while the attempt to take it up is under way', [['1:a ', reset()], hanging()], 5_100, 2],
  ['when it was taken up', [['1:a ', reset()], ['silence']], 5_100, 2],
];

/** An answer whose head never comes. */
function hanging(): Answer {
  return new Promise<never>(() => {});
}

/** A stream whose reader waits for its second event, in one of the states. */
async function waiting(
  answers: readonly Answer[],
  waitMs: number,
  signal?: AbortSignal,
): Promise<{
  readonly scene: ResumeScene;
  readonly stream: Awaited<ReturnType<ResumeScene['stream']>>;
  readonly read: ReturnType<typeof readAll>;
}> {
  const scene = resumeScene(answers);
  const stream = await scene.stream({ signal, idleMs: Infinity });
  const read = readAll(stream);
  await scene.clock.advance(waitMs);
  return { scene, stream, read };
}

async function expectNothingLeft({ client, clock, open }: ResumeScene): Promise<void> {
  await clock.advance(0);
  expect(client.inFlight()).toEqual([]);
  expect(open()).toBe(0);
  expect(clock.pendingTimers).toBe(0);
}

describe.each(states)('a resumed stream that ends %s', (_, answers, waitMs, sent) => {
  it('row 69 throws the reason of the caller itself, and sends nothing', async () => {
    const controller = new AbortController();
    const { scene, stream, read } = await waiting(answers, waitMs, controller.signal);
    const reason = { why: 'enough' };
    controller.abort(reason);

    expect(await read).toEqual({ events: ['a'], error: reason });
    expect(await stream.outcome).toMatchObject({ status: 'cancelled', events: 1 });
    expect(scene.seen).toHaveLength(sent);
    await expectNothingLeft(scene);
  });

  it('row 75 fails with ClosedError when its client closes', async () => {
    const { scene, stream, read } = await waiting(answers, waitMs);
    await scene.client.close();

    expect((await read).error).toBeInstanceOf(ClosedError);
    expect((await stream.outcome).error).toBeInstanceOf(ClosedError);
    expect(scene.seen).toHaveLength(sent);
    await expectNothingLeft(scene);
  });

  it('is left by its disposal, which sends nothing', async () => {
    const { scene, stream, read } = await waiting(answers, waitMs);
    await stream[Symbol.asyncDispose]();

    expect(await read).toEqual({ events: ['a'], error: undefined });
    expect(scene.seen).toHaveLength(sent);
    await expectNothingLeft(scene);
    await scene.clock.advance(60_000);
    expect(scene.seen).toHaveLength(sent);
  });
});

describe('a resumed stream that was never open', () => {
  it('leaves nothing when the answer is no stream', async () => {
    const page = { headers: { 'content-type': 'text/html' }, body: '<p>' };
    const scene = resumeScene([page]);

    await expect(scene.stream()).rejects.toMatchObject({ code: 'sse_content_type' });
    await expectNothingLeft(scene);
  });

  it('is left by the disposal of its promise, which sends nothing', async () => {
    const scene = resumeScene([['1:a ', 'silence']]);
    {
      await using opening = scene.client.stream(get, { dialect: numbered(), resume: true });
      expect(opening).toBeDefined();
    }

    expect(scene.seen).toHaveLength(1);
    await expectNothingLeft(scene);
  });
});

describe('a dialect that fails when a stream is taken up', () => {
  it('fails the stream, and frees the wire', async () => {
    const dialect = numbered();
    let decoders = 0;
    const decode: typeof dialect.decode = (limits) => {
      decoders += 1;
      if (decoders > 1) throw new TypeError('a mistake');
      return dialect.decode(limits);
    };
    const scene = resumeScene([
      ['1:a ', reset()],
      ['2:b ', 'silence'],
    ]);
    const stream = await scene.stream({ dialect: { ...dialect, decode } });
    const read = readAll(stream);
    await scene.clock.advance(5_000);

    expect((await read).error).toMatchObject({ cause: { message: 'a mistake' } });
    await expectNothingLeft(scene);
  });
});

describe('EventStream.cancel()', () => {
  it('sends the cancel request of the dialect, then frees the wire', async () => {
    const answered = Promise.withResolvers<MemoryAnswer>();
    const scene = resumeScene([['1:a ', 'silence'], answered.promise]);
    const stream = await scene.stream({ headers: { 'x-call': 'mine' } });
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    const next = events.next();
    const cancelled = stream.cancel();

    expect(await next).toEqual({ done: true, value: undefined });
    expect(await stream.outcome).toMatchObject({ status: 'cancelled' });
    expect(scene.open()).toBe(1);
    answered.resolve({});
    await cancelled;

    expect(scene.open()).toBe(0);
    expect(scene.seen[1]?.request).toMatchObject({
      operation: 'DELETE',
      headers: { 'last-event-id': '1', 'x-call': 'mine' },
    });
    await expectNothingLeft(scene);
  });

  it('is sent once, however often it is asked for', async () => {
    const scene = resumeScene([['1:a ', 'silence'], {}]);
    const stream = await scene.stream();
    await Promise.all([stream.cancel(), stream.cancel()]);
    await stream.cancel();

    expect(scene.seen).toHaveLength(2);
  });

  it('rejects when the request fails, and frees the wire all the same', async () => {
    const scene = resumeScene([['1:a ', 'silence'], { status: 404 }]);
    const stream = await scene.stream({ resume: false });

    await expect(stream.cancel()).rejects.toBeInstanceOf(NotFoundError);
    await expectNothingLeft(scene);
  });

  it('bothers nobody who does not wait for it', async () => {
    const rejections: unknown[] = [];
    const note = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const scene = resumeScene([['1:a ', 'silence'], { status: 404 }]);
    const stream = await scene.stream();
    void stream.cancel();
    await expectNothingLeft(scene);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });

    expect(rejections).toEqual([]);
  });

  it('waits for 5 s and no longer', async () => {
    const scene = resumeScene([['1:a ', 'silence'], hanging()]);
    const stream = await scene.stream();
    const cancelled = stream.cancel();
    await scene.clock.advance(4_999);
    expect(scene.open()).toBe(1);
    await scene.clock.advance(1);

    await expect(cancelled).rejects.toBeInstanceOf(TimeoutError);
    await expectNothingLeft(scene);
  });

  it('can follow an abort, which sends nothing', async () => {
    const controller = new AbortController();
    const scene = resumeScene([['1:a ', 'silence'], {}]);
    const stream = await scene.stream({ signal: controller.signal });
    await stream[Symbol.asyncIterator]().next();
    controller.abort();
    expect(scene.seen).toHaveLength(1);

    await stream.cancel();

    expect(scene.seen[1]?.request).toMatchObject({ operation: 'DELETE' });
  });

  it.each([
    ['is complete', ['1:a END ']],
    ['has failed by the word of the peer', ['1:a bad ']],
  ])('sends nothing for a stream that %s', async (_, body) => {
    const scene = resumeScene([body]);
    const stream = await scene.stream();
    await readAll(stream);

    await stream.cancel();

    expect(scene.seen).toHaveLength(1);
  });

  it('frees the wire, and no more, of a stream that no client opened', async () => {
    const { stream, feed } = openWords();
    await stream.cancel();

    expect(feed.isFree).toBe(true);
    await expect(stream.detach()).rejects.toThrow('no client opened it');
  });
});
