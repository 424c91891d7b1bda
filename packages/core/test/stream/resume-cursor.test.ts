import { ConfigurationError, type Cursor, type CursorStore, TransportError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { memoryStore } from './memory-store.ts';
import { numbered } from './numbered-dialect.ts';
import { readAll } from './open-words.ts';
import { reset, resumeScene, settled } from './resume-scene.ts';

describe('the store of a resumed stream', () => {
  it('is given a cursor when its event was handed over and the next one is asked for', async () => {
    const scene = resumeScene([['1:a 2:b ', '3:c END ']]);
    const store = memoryStore();
    const stream = await scene.stream({ resume: { store } });
    const seen: (readonly string[])[] = [];
    for await (const _ of stream) seen.push([...store.committed]);

    expect(seen).toEqual([[], ['1'], ['1', '2']]);
    expect(store.committed).toEqual(['1', '2', '3']);
  });

  it('does not get the event that the reader left at', async () => {
    const scene = resumeScene([['1:a 2:b 3:c END ']]);
    const store = memoryStore();
    for await (const event of await scene.stream({ resume: { store } })) if (event === 'b') break;

    expect(store.committed).toEqual(['1']);
  });

  it('is given the way back to a peer that sends its state, once there is one', async () => {
    const { resume: rule, ...dialect } = numbered({ sends: 'snapshot' });
    const request: NonNullable<typeof rule>['request'] = ({ partial }) =>
      partial.length < 2 ? undefined : { operation: 'GET', target: `/state/${partial[0]}` };
    const store = memoryStore();
    const scene = resumeScene([['x y z END ']]);
    const stream = await scene.stream({
      dialect: { ...dialect, resume: { ...rule!, request } },
      resume: { store },
    });
    await settled(stream.result(), scene.clock);

    expect(store.committed).toEqual(['']);
    expect(await store.load()).toEqual({
      lastEventId: '',
      request: { operation: 'GET', target: '/state/x' },
    });

    const again = resumeScene([['=xy z END ']]);
    await settled(readAll(await again.stream({ resume: { store } })), again.clock);
    expect(again.seen[0]?.request.target).toBe('/state/x');
  });

  it('is asked nothing of, and reads nothing, in a stream that has none', async () => {
    const scene = resumeScene([['1:a 2:b END ']]);
    const dialect = numbered();
    let partials = 0;
    const read: typeof dialect.read = (head) => {
      const reader = dialect.read(head);
      return {
        get partial() {
          partials += 1;
          return reader.partial;
        },
        read: (word, isRepeat) => reader.read(word, isRepeat),
      };
    };
    const stream = await scene.stream({ dialect: { ...dialect, read } });
    expect((await readAll(stream)).events).toEqual(['a', 'b']);

    expect(partials).toBe(0);
  });

  it('lets another process go on, from its first request', async () => {
    const store = memoryStore();
    const before = resumeScene([['1:a 2:b 3:c ', 'silence']]);
    for await (const event of await before.stream({ resume: { store } })) if (event === 'c') break;

    const scene = resumeScene([['3:c 4:d ', reset()], ['5:e END ']]);
    const stream = await scene.stream(
      { resume: { store } },
      { operation: 'POST', target: '/words' },
    );

    expect((await settled(readAll(stream), scene.clock)).events).toEqual(['c', 'd', 'e']);
    expect(scene.seen.map(({ request }) => request.operation)).toEqual(['GET', 'GET']);
    expect(scene.ids).toEqual(['2', '4']);
    expect(store.committed.slice(-3)).toEqual(['3', '4', '5']);
  });

  it('is waited for when it takes time: at its load, and before the stream ends', async () => {
    const scene = resumeScene([['2:b 3:c END ']]);
    const loaded = Promise.withResolvers<Cursor>();
    const commits: { readonly id: string; readonly done: () => void }[] = [];
    const store: CursorStore = {
      load: () => loaded.promise,
      commit: ({ lastEventId: id }) =>
        new Promise<void>((done) => {
          commits.push({ id, done });
        }),
    };
    const opening = scene.stream({ resume: { store } });
    await scene.clock.advance(0);
    expect(scene.seen).toHaveLength(0);
    loaded.resolve({ lastEventId: '1' });
    const stream = await opening;
    expect(scene.ids).toEqual(['1']);

    let isOver = false;
    const read = readAll(stream).then((result) => {
      isOver = true;
      return result;
    });
    await scene.clock.advance(0);
    expect(commits.map(({ id }) => id)).toEqual(['2']);
    commits[0]?.done();
    await scene.clock.advance(0);
    expect(commits.map(({ id }) => id)).toEqual(['2', '3']);
    expect(isOver).toBe(false);
    commits[1]?.done();

    expect(await read).toEqual({ events: ['b', 'c'], error: undefined });
  });

  it('is given only the newest cursor when it is slower than the reader', async () => {
    const scene = resumeScene([['1:a 2:b 3:c 4:d END ']]);
    const commits: string[] = [];
    const first = Promise.withResolvers<void>();
    const store: CursorStore = {
      load: () => undefined,
      commit: ({ lastEventId }) => {
        commits.push(lastEventId);
        return commits.length === 1 ? first.promise : Promise.resolve();
      },
    };
    const read = readAll(await scene.stream({ resume: { store } }));
    await scene.clock.advance(0);
    first.resolve();
    await read;

    expect(commits).toEqual(['1', '4']);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('disk full'))],
    [
      'throws',
      () => {
        throw new Error('disk full');
      },
    ],
  ])('fails the stream, and frees its wire, when it %s', async (_, commit) => {
    const scene = resumeScene([['1:a ', '2:b ', 'silence']]);
    const stream = await scene.stream({ resume: { store: { load: () => undefined, commit } } });

    const { error } = await settled(readAll(stream), scene.clock);

    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ code: 'cursor_store', cause: { message: 'disk full' } });
    expect(await stream.outcome).toMatchObject({ status: 'failed', error });
    expect(scene.open()).toBe(0);
    expect(scene.client.inFlight()).toEqual([]);
  });

  it('fails a stream that is complete but for its last commit', async () => {
    const scene = resumeScene([['1:a END ']]);
    const commit = () => Promise.reject(new Error('disk full'));
    const stream = await scene.stream({ resume: { store: { load: () => undefined, commit } } });

    expect((await settled(readAll(stream), scene.clock)).error).toMatchObject({
      code: 'cursor_store',
    });
  });

  it('fails the opening when it cannot load, or gives what is no cursor', async () => {
    const scene = resumeScene([]);
    const commit = (): void => {};
    const failing = scene.stream({
      resume: { store: { load: () => Promise.reject(new Error('no disk')), commit } },
    });
    await expect(failing).rejects.toMatchObject({ code: 'cursor_store', transport: 'memory' });

    const wrong = scene.stream({ resume: { store: { load: () => '7' as never, commit } } });
    await expect(wrong).rejects.toThrow(
      /resume\.store\.load\(\): expected a cursor: .*, found "7"/,
    );
    expect(scene.client.inFlight()).toEqual([]);
    expect(scene.seen).toHaveLength(0);
  });

  it.each([
    ['load', () => new Promise<undefined>(() => {}), () => {}],
    ['commit', () => undefined, () => new Promise<void>(() => {})],
  ])('keeps nobody beyond abort, close and deadline: %s', async (_, load, commit) => {
    const store = { load, commit };
    const aborted = resumeScene([['1:a END ']]);
    const controller = new AbortController();
    const opening = aborted.stream({ resume: { store }, signal: controller.signal });
    const read = opening.then(readAll, (error: unknown) => ({ events: ['a'], error }));
    await aborted.clock.advance(0);
    controller.abort('enough');
    expect((await read).error).toBe('enough');

    const late = resumeScene([['1:a END ']]);
    const bounded = late
      .stream({ resume: { store }, totalMs: 100 })
      .then((stream) => stream.result());
    bounded.catch(() => {});
    await late.clock.advance(100);
    await expect(bounded).rejects.toMatchObject({ clock: 'totalMs' });

    const closed = resumeScene([['1:a END ']]);
    const left = closed.stream({ resume: { store } }).then((stream) => stream.result());
    left.catch(() => {});
    await closed.clock.advance(0);
    await closed.client.close();
    await expect(left).rejects.toMatchObject({ kind: 'closed' });
    for (const scene of [aborted, late, closed]) {
      expect(scene.client.inFlight()).toEqual([]);
      // oxlint-disable-next-line no-await-in-loop -- each has a clock of its own
      await scene.clock.advance(50);
      expect(scene.clock.pendingTimers).toBe(0);
    }
  });
});

describe('a cursor', () => {
  it('begins a stream behind its event', async () => {
    const scene = resumeScene([['1:a 2:b 3:c 4:d END ']]);
    const stream = await scene.stream({ resume: { cursor: { lastEventId: '2' } } });

    expect((await settled(readAll(stream), scene.clock)).events).toEqual(['c', 'd']);
    expect(scene.ids).toEqual(['2']);
  });

  it('of a stream that has nothing more begins one that is complete', async () => {
    const scene = resumeScene([{ status: 204 }]);
    const stream = await scene.stream({ resume: { cursor: { lastEventId: '2' } } });

    expect(await readAll(stream)).toEqual({ events: [], error: undefined });
    expect(await stream.outcome).toMatchObject({
      status: 'complete',
      terminator: '204',
      events: 0,
    });
    expect(scene.client.inFlight()).toEqual([]);
  });

  it('gives way to what the store has', async () => {
    const scene = resumeScene([['6:f END ']]);
    const store = memoryStore({ lastEventId: '5' });
    const stream = await scene.stream({ resume: { store, cursor: { lastEventId: '2' } } });
    await settled(stream.result(), scene.clock);

    expect(scene.ids).toEqual(['5']);
  });

  it('carries the request, where that says more than the id', async () => {
    const { resume: rule, ...dialect } = numbered();
    const byPartial = {
      ...dialect,
      resume: {
        ...rule!,
        request: ({ partial, lastEventId }: { partial: string; lastEventId: string }) =>
          partial === ''
            ? undefined
            : {
                operation: 'POST',
                target: `/of/${partial[0]}`,
                headers: { authorization: 'Bearer one', after: lastEventId },
                payload: { kind: 'value', value: { after: lastEventId } } as const,
              },
      },
    };
    const before = resumeScene([['1:a 2:b 3:c ', 'silence']]);
    const left = await before.stream({
      dialect: byPartial,
      headers: { authorization: 'Bearer one' },
    });
    await left[Symbol.asyncIterator]().next();
    const cursor = JSON.parse(JSON.stringify(await left.detach())) as Cursor;
    expect(cursor).toEqual({
      lastEventId: '1',
      request: {
        operation: 'POST',
        target: '/of/a',
        headers: { after: '1' },
        payload: { after: '1' },
      },
    });

    const scene = resumeScene([['2:b ', reset()], ['2:b 3:c END ']]);
    const stream = await scene.stream({
      dialect: byPartial,
      headers: { authorization: 'Bearer two', 'idempotency-key': 'k' },
      resume: { cursor },
    });
    expect((await settled(readAll(stream), scene.clock)).events).toEqual(['b', 'c']);
    expect(scene.seen[0]?.request).toMatchObject({
      operation: 'POST',
      target: '/of/a',
      headers: { accept: 'text/event-stream', authorization: 'Bearer two', after: '1' },
      payload: { kind: 'value', value: { after: '1' } },
    });
    expect(scene.seen[0]?.request.headers).not.toHaveProperty('idempotency-key');
  });

  it('that is no more than an id is refused where a request takes more', async () => {
    const dialect = { ...numbered(), resume: { ...numbered().resume!, request: () => undefined } };
    const scene = resumeScene([]);
    const opening = scene.stream({ dialect, resume: { cursor: { lastEventId: '2' } } });

    await expect(opening).rejects.toThrow(ConfigurationError);
    await expect(opening).rejects.toThrow(/its cursor has no request, and the id "2" alone/);
    expect(scene.client.inFlight()).toEqual([]);
  });
});
