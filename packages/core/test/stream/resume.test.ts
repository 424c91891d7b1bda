import {
  ConfigurationError,
  ConnectionRefusedError,
  ConnectionResetError,
  ServerError,
  StreamGapError,
  StreamIncompleteError,
  TimeoutError,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { numbered } from './numbered-dialect.ts';
import { readAll } from './open-words.ts';
import { get, reset, resumeScene, settled } from './resume-scene.ts';

const refused = (): Error => new ConnectionRefusedError('Cannot connect');

describe('a stream that is resumed', () => {
  it.each([
    ['a reset', [['1:a 2:b ', reset()]]],
    ['an end before the terminator', [['1:a 2:b ']]],
    ['an end in the middle of an event', [['1:a 2:b 3:']]],
    [
      'two breaks in a row',
      [
        ['1:a ', reset()],
        ['2:b ', reset()],
      ],
    ],
    ['a break while it is taken up', [['1:a 2:b ', reset()], refused(), reset()]],
    ['a break right after it was taken up', [['1:a 2:b '], [reset()], []]],
    ['a body of unknown origin that fails', [['1:a 2:b ', new TypeError('terminated')]]],
  ])('goes on behind its last event after %s', async (_, broken) => {
    const scene = resumeScene([...broken, ['3:c END ']]);
    const stream = await scene.stream();

    expect(await settled(readAll(stream), scene.clock)).toEqual({
      events: ['a', 'b', 'c'],
      error: undefined,
    });
    expect(scene.ids.at(-1)).toBe('2');
    expect(stream.partial).toBe('abc');
    expect(await stream.outcome).toMatchObject({
      status: 'complete',
      terminator: 'END',
      events: 3,
      lastEventId: '3',
    });
    expect(scene.client.inFlight()).toEqual([]);
    expect(scene.open()).toBe(0);
    await scene.clock.advance(50);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('counts in its outcome how often it went on with another answer', async () => {
    const scene = resumeScene([['1:a '], refused(), ['2:b '], [], ['3:c END ']]);
    const stream = await scene.stream();
    await settled(stream.result(), scene.clock);

    expect(await stream.outcome).toMatchObject({ resumes: 3, events: 3, timeToFirstEventMs: 0 });
  });

  it.each([
    ['bytes', { idleMs: 100 }],
    ['events', { eventIdleMs: 100 }],
  ])('goes on after a silence of %s', async (_, clocks) => {
    const scene = resumeScene([['1:a ', 'silence'], ['2:b END ']]);
    const stream = await scene.stream(clocks);
    const read = readAll(stream);
    await scene.clock.advance(100);
    expect(scene.open()).toBe(0);

    expect((await settled(read, scene.clock)).events).toEqual(['a', 'b']);
    expect(scene.ids).toEqual([undefined, '1']);
  });

  it('gives each connection its own time to the first event', async () => {
    const scene = resumeScene([['1:a '], ['silence'], ['2:b END ']]);
    const notices: string[] = [];
    const stream = await scene.stream({
      firstEventMs: 100,
      resume: { baseDelayMs: 0, onResume: ({ error }) => notices.push(error.code) },
    });
    const read = readAll(stream);
    await scene.clock.advance(99);
    expect(notices).toEqual(['incomplete_stream']);
    await scene.clock.advance(1);

    expect((await settled(read, scene.clock)).events).toEqual(['a', 'b']);
    expect(notices).toEqual(['incomplete_stream', 'first_event_timeout']);
  });

  it('is one call in flight, which waits in the phase backoff', async () => {
    const scene = resumeScene([['1:a '], ['2:b ', 'silence']]);
    const stream = await scene.stream();
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    const next = events.next();
    await scene.clock.advance(0);
    expect(scene.client.inFlight()).toMatchObject([{ id: 1, phase: 'backoff', attempt: 1 }]);

    expect(await settled(next, scene.clock)).toEqual({ done: false, value: 'b' });

    expect(scene.client.inFlight()).toMatchObject([{ id: 1, phase: 'body', attempt: 2 }]);
    await events.return?.();
    expect(scene.client.inFlight()).toEqual([]);
  });

  it('opens no connection for a reader who is busy', async () => {
    const scene = resumeScene([['1:a 2:b ', reset()], ['3:c END ']]);
    const stream = await scene.stream();
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    await scene.clock.advance(60_000);
    expect(await events.next()).toEqual({ done: false, value: 'b' });
    await scene.clock.advance(60_000);
    expect(scene.seen).toHaveLength(1);

    expect(await settled(events.next(), scene.clock)).toEqual({ done: false, value: 'c' });
  });

  it('goes through middleware and hooks, and is not tried again below', async () => {
    const operations: string[] = [];
    const scene = resumeScene([['1:a '], refused(), ['2:b END ']], {
      retry: { maxRetries: 5 },
      headers: { 'x-team': 'ferry' },
      middleware: [
        (next) => (request, context) => {
          operations.push(`${request.operation} ${context.attempt}`);
          return next(request, context);
        },
      ],
    });
    const stream = await scene.stream({ headers: { 'x-call': 'mine' } });
    await settled(stream.result(), scene.clock);

    expect(operations).toEqual(['GET 1', 'GET 2', 'GET 3']);
    expect(scene.seen[2]?.request.headers).toEqual({
      accept: 'text/event-stream',
      'x-team': 'ferry',
      'x-call': 'mine',
      'last-event-id': '1',
    });
  });
});

describe('a stream that is not resumed', () => {
  it.each([
    ['nobody asked for it', ['1:a '], false, StreamIncompleteError],
    ['the peer reported a failure', ['1:a bad '], true, ServerError],
  ])('fails when %s', async (_, body, resume, Failure) => {
    const scene = resumeScene([body]);
    const stream = await scene.stream({ resume });

    const { events, error } = await settled(readAll(stream), scene.clock);

    expect(events).toEqual(['a']);
    expect(error).toBeInstanceOf(Failure);
    expect(scene.seen).toHaveLength(1);
    expect(await stream.outcome).not.toHaveProperty('resumes');
  });

  it('fails at the deadline, in whatever it waits', async () => {
    const scene = resumeScene([['1:a '], ['silence']]);
    const stream = await scene.stream({
      totalMs: 10_000,
      firstEventMs: Infinity,
      idleMs: Infinity,
    });
    const read = readAll(stream);
    await scene.clock.advance(10_000);

    expect((await read).error).toMatchObject({ clock: 'totalMs' });
    expect(scene.seen).toHaveLength(2);
    expect(scene.client.inFlight()).toEqual([]);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('fails at once when its deadline is nearer than the wait', async () => {
    const scene = resumeScene([['1:a ', reset()]]);
    const stream = await scene.stream({ totalMs: 400 });

    expect((await settled(readAll(stream), scene.clock)).error).toBeInstanceOf(
      ConnectionResetError,
    );
    expect(scene.clock.now()).toBe(0);
  });

  it('is refused before anything is sent when there is no way to resume it', async () => {
    const scene = resumeScene([['1:a END ']]);
    const { resume: _, ...dialect } = numbered();

    const opening = scene.stream({ dialect });

    await expect(opening).rejects.toThrow(ConfigurationError);
    await expect(opening).rejects.toThrow(
      'Cannot configure stream(): resume: expected a dialect that can be resumed, or resume.request, found numbered',
    );
    expect(scene.seen).toHaveLength(0);
  });

  it('tells every option that is wrong', async () => {
    const scene = resumeScene([]);
    const resume = { maxAttempts: -1, store: {}, cursor: { lastEventId: 1 }, retries: 2 };

    await expect(scene.stream({ resume: resume as never })).rejects.toThrow(
      /5? ?problems[^]*resume\.retries[^]*resume\.maxAttempts[^]*resume\.cursor[^]*resume\.store/,
    );
    await expect(scene.stream({ resume: 'yes' as never })).rejects.toThrow(
      /resume: expected true, false or an object, found "yes"/,
    );
  });

  it('fails with what broke it, and says so, when the dialect has no request for this one', async () => {
    const scene = resumeScene([['1:a ', reset()]]);
    const dialect = { ...numbered(), resume: { ...numbered().resume!, request: () => undefined } };
    const stream = await scene.stream({ dialect });

    const { error } = await settled(readAll(stream), scene.clock);

    expect(error).toBeInstanceOf(ConnectionResetError);
    expect(error).toMatchObject({
      message:
        'Cannot read: the peer broke off; there is no request that takes the stream up again',
    });
  });

  it('fails when the request for it cannot be made', async () => {
    const scene = resumeScene([['1:a ', reset()]]);
    const mistake = new TypeError('a mistake');
    const request = (): never => {
      throw mistake;
    };
    const stream = await scene.stream({ resume: { request } });

    expect((await settled(readAll(stream), scene.clock)).error).toMatchObject({
      code: 'resume_request',
      cause: mistake,
    });
  });
});

describe('a stream that breaks before its first event', () => {
  const post = { operation: 'POST', target: '/words' };

  it.each([
    ['a GET', get],
    ['a POST with an idempotency key', { ...post, headers: { 'idempotency-key': 'k' } }],
  ])('is begun again when it was %s', async (_, request) => {
    const scene = resumeScene([[reset()], ['1:a END ']]);
    const stream = await scene.stream({}, request);

    expect((await settled(readAll(stream), scene.clock)).events).toEqual(['a']);
    expect(scene.seen[1]?.request).toEqual(scene.seen[0]?.request);
  });

  it.each([
    ['a POST', post],
    [
      'a request whose payload can be read once',
      { ...get, payload: { kind: 'stream', stream: (async function* () {})() } } as const,
    ],
  ])('fails when it was %s', async (_, request) => {
    const scene = resumeScene([[reset()]]);
    const stream = await scene.stream({}, request);

    expect((await settled(readAll(stream), scene.clock)).error).toMatchObject({
      code: 'connection_reset',
      message: expect.stringMatching(/there is no request that takes the stream up again$/),
    });
    expect(scene.seen).toHaveLength(1);
  });

  it('is not begun again once an event was handed over', async () => {
    const scene = resumeScene([['ping ', reset()]]);
    const stream = await scene.stream();

    expect((await settled(readAll(stream), scene.clock)).error).toBeInstanceOf(StreamGapError);
    expect(scene.seen).toHaveLength(1);
  });

  it('goes on with a GET, for a POST that has a cursor', async () => {
    const scene = resumeScene([['1:a ', reset()], ['2:b END ']]);
    const stream = await scene.stream({}, post);

    expect((await settled(readAll(stream), scene.clock)).events).toEqual(['a', 'b']);
    expect(scene.seen.map(({ request }) => request.operation)).toEqual(['POST', 'GET']);
  });
});

describe('a first event that never comes', () => {
  it('fails a stream that cannot be begun again by its own clock', async () => {
    const scene = resumeScene([['silence']]);
    const stream = await scene.stream({ firstEventMs: 100 }, { operation: 'POST', target: '/' });
    const read = readAll(stream);
    await scene.clock.advance(100);

    expect((await read).error).toBeInstanceOf(TimeoutError);
  });
});
