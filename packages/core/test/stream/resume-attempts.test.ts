import {
  ConnectionRefusedError,
  ConnectionResetError,
  DnsError,
  type LinkspanError,
  NotFoundError,
  StatusError,
  StreamIncompleteError,
  type StreamPlace,
} from '@linkspan/core';
import { describe, expect, it, vi } from 'vitest';
import { numbered } from './numbered-dialect.ts';
import { readAll } from './open-words.ts';
import { reset, resumeScene, settled } from './resume-scene.ts';

const refused = (): Error => new ConnectionRefusedError('Cannot connect');

describe('the attempts to resume a stream', () => {
  it('end after five without anything new, also where each gets a head', async () => {
    const flap = { headers: { 'content-type': 'text/event-stream' }, body: '' };
    const scene = resumeScene([['1:a '], ...Array.from({ length: 10 }, () => flap)]);
    const stream = await scene.stream();

    const { error } = await settled(readAll(stream), scene.clock);

    expect(scene.seen).toHaveLength(6);
    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect((error as Error).message).toMatch(
      /after 1 event; it was tried to resume the stream 5 times without anything new$/,
    );
    expect(await stream.outcome).toMatchObject({ status: 'incomplete', resumes: 5 });
  });

  it('are not counted anew for events that are no progress', async () => {
    const scene = resumeScene([['1:a '], ['ping ']]);
    const stream = await scene.stream({ resume: { maxAttempts: 3 } });

    const { events } = await settled(readAll(stream), scene.clock);

    expect(events).toEqual(['a', 'ping', 'ping', 'ping']);
    expect(scene.seen).toHaveLength(4);
  });

  it('are counted anew after an event that is', async () => {
    const drops = Array.from({ length: 20 }, (_, index) => [`${index + 1}:a `, reset()]);
    const scene = resumeScene([...drops, ['21:a END ']]);
    const stream = await scene.stream({ resume: { maxAttempts: 1 } });

    expect((await settled(readAll(stream), scene.clock)).events).toHaveLength(21);
  });

  it('wait randomly up to a limit that doubles, up to the longest', async () => {
    const scene = resumeScene([['1:a '], refused()], { random: () => 0.5 });
    const waits: number[] = [];
    const stream = await scene.stream({
      resume: {
        maxAttempts: 4,
        baseDelayMs: 1_000,
        maxDelayMs: 3_000,
        onResume: ({ waitMs }) => waits.push(waitMs),
      },
    });
    await settled(readAll(stream), scene.clock);

    expect(waits).toEqual([500, 1_000, 1_500, 1_500]);
  });

  it.each([
    [0, 3_000, [3_000, 3_000]],
    [1, 3_000, [8_000, 13_000]],
    [0.5, 10, [3_500, 6_000]],
    [0.5, 1e9, [302_500, 305_000]],
  ])('obey the peer first: random %d behind retry %d is %j', async (random, retryMs, expected) => {
    const scene = resumeScene([[`retry=${retryMs} 1:a `], [], ['2:b END ']], {
      random: () => random,
    });
    const waits: number[] = [];
    const stream = await scene.stream({ resume: { onResume: (told) => waits.push(told.waitMs) } });
    await settled(readAll(stream), scene.clock);

    expect(waits).toEqual(expected);
  });

  it('wait exactly as long as a refusal asks', async () => {
    const busy = { status: 503, headers: { 'retry-after': '42' } };
    const scene = resumeScene([['1:a '], busy, { status: 429 }, ['2:b END ']]);
    const stream = await scene.stream({ resume: { baseDelayMs: 100 } });
    await settled(readAll(stream), scene.clock);

    expect(scene.seen.map(({ atMs }) => atMs)).toEqual([0, 100, 42_100, 42_500]);
  });

  it('end when a refusal asks to wait past the deadline, and say for how long', async () => {
    const busy = { status: 503, headers: { 'retry-after': '42' } };
    const scene = resumeScene([['1:a '], busy]);
    const stream = await scene.stream({ totalMs: 30_000 });

    expect((await settled(readAll(stream), scene.clock)).error).toMatchObject({
      status: 503,
      message: expect.stringMatching(/the peer asks to wait 42 s, and the call has 25 s left$/),
    });
  });

  it('end with a refusal that waiting does not cure', async () => {
    const scene = resumeScene([['1:a '], { status: 404 }]);
    const stream = await scene.stream();

    expect((await settled(readAll(stream), scene.clock)).error).toBeInstanceOf(NotFoundError);
    expect(scene.seen).toHaveLength(2);
  });

  it('row 44 end well when the peer has nothing more', async () => {
    const scene = resumeScene([['1:a '], { status: 204 }]);
    const stream = await scene.stream();

    expect((await settled(readAll(stream), scene.clock)).events).toEqual(['a']);
    expect(await stream.outcome).toMatchObject({ status: 'complete', terminator: '204' });
  });

  it('end with what broke the stream when nothing more is no end of this protocol', async () => {
    const { endStatuses: _, ...rule } = numbered().resume!;
    const scene = resumeScene([['1:a ', reset()], { status: 204 }]);
    const stream = await scene.stream({ dialect: { ...numbered(), resume: rule } });

    expect((await settled(readAll(stream), scene.clock)).error).toMatchObject({
      code: 'connection_reset',
      message: expect.stringContaining('the peer has nothing more (status 204)'),
    });
    expect(scene.seen).toHaveLength(2);
  });

  it('end with an answer that is no stream', async () => {
    const page = { headers: { 'content-type': 'text/html' }, body: '<p>' };
    const scene = resumeScene([['1:a '], page]);
    const stream = await scene.stream();

    expect((await settled(readAll(stream), scene.clock)).error).toMatchObject({
      code: 'sse_content_type',
    });
    expect(scene.seen).toHaveLength(2);
  });

  it('end when the budget refuses', async () => {
    let left = 1;
    let calls = 0;
    const scene = resumeScene([['1:a ', reset()], ['2:b ', reset()], [reset()], [reset()]]);
    const budget = { record: () => (calls += 1), take: () => (left -= 1) >= 0 };
    const stream = await scene.stream({ resume: { budget } });
    const { error } = await settled(readAll(stream), scene.clock);

    expect(error).toBeInstanceOf(ConnectionResetError);
    expect((error as Error).message).toMatch(/the budget allows no attempt to resume the stream$/);
    // Behind each of two events a call, and one attempt more.
    expect(calls).toBe(2);
    expect(scene.seen).toHaveLength(4);
  });

  it('count for the budget of the client, unless the stream has its own or none', async () => {
    const budget = { take: () => false };
    const scene = resumeScene([[reset()], [reset()], ['1:a ', reset()], ['2:b END ']], {
      retry: { budget },
    });
    const [bound, free] = [
      await scene.stream({ resume: true }),
      await scene.stream({ resume: { budget: false } }),
    ];

    const { error } = await settled(readAll(bound), scene.clock);
    expect((error as Error).message).toMatch(/the budget allows no attempt to resume the stream$/);
    expect((await settled(readAll(free), scene.clock)).error).toBeUndefined();
  });

  it('are told to a hook, whose failure changes nothing', async () => {
    const warnings: unknown[] = [];
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => {
      warnings.push(warning);
    });
    const scene = resumeScene([['1:a ', reset()], ['2:b END ']]);
    const notices: unknown[] = [];
    const stream = await scene.stream({
      resume: {
        onResume: (notice) => {
          notices.push(notice);
          throw new Error('the hook failed');
        },
      },
    });
    const { events } = await settled(readAll(stream), scene.clock);
    warn.mockRestore();

    expect(events).toEqual(['a', 'b']);
    expect(notices).toEqual([
      { error: expect.any(ConnectionResetError), attempt: 1, waitMs: 5_000, lastEventId: '1' },
    ]);
    expect(warnings).toMatchObject([
      { message: 'The onResume hook failed; the call is not affected' },
    ]);
  });

  it('may be made by the application, in its own way', async () => {
    const scene = resumeScene([
      ['1:a ', reset()],
      ['=ab ', '3:c END '],
    ]);
    const { resume: _, ...dialect } = numbered({ sends: 'snapshot' });
    const stream = await scene.stream({
      dialect,
      resume: {
        sends: 'snapshot',
        request: ({ partial }) => ({ operation: 'GET', target: `/again/${partial}` }),
      },
    });

    expect((await settled(readAll(stream), scene.clock)).events).toEqual(['a', '=ab', 'c']);
    expect(scene.seen[1]?.request).toMatchObject({ target: '/again/a' });
    expect(stream.partial).toBe('=abc');
  });

  it('fail the stream when a layer of the client does', async () => {
    const failure = new Error('no credentials');
    let sent = 0;
    const scene = resumeScene([['1:a ']], {
      onRequest: () => {
        sent += 1;
        if (sent === 2) throw failure;
      },
    });
    const stream = await scene.stream();

    expect((await settled(readAll(stream), scene.clock)).error).toMatchObject({
      code: 'resume',
      cause: failure,
    });
  });

  it.each([
    ['with a status', { status: 404 }],
    ['in the stream', ['bad ']],
  ])('may ask for something else, once, when the peer refuses %s', async (_, refusal) => {
    const scene = resumeScene([['1:a '], refusal, ['2:b ', reset()], refusal]);
    const refusals: string[] = [];
    const rule = {
      ...numbered().resume!,
      instead: (place: StreamPlace<string>, error: LinkspanError) => {
        refusals.push(`${place.lastEventId} ${error.name}`);
        return { operation: 'GET', target: '/result' };
      },
    };
    const stream = await scene.stream({ dialect: { ...numbered(), resume: rule } });

    const { events, error } = await settled(readAll(stream), scene.clock);

    expect(events).toEqual(['a', 'b']);
    expect(scene.seen.map(({ request }) => request.target)).toEqual([
      '/words',
      '/words',
      '/result',
      '/words',
    ]);
    expect(refusals).toHaveLength(1);
    expect(error).toBeInstanceOf(StatusError);
  });

  it('end well with a refusal that means the end in this protocol', async () => {
    const rule = { ...numbered().resume!, endStatuses: [410] };
    const scene = resumeScene([['1:a '], { status: 410 }]);
    const stream = await scene.stream({ dialect: { ...numbered(), resume: rule } });

    expect((await settled(readAll(stream), scene.clock)).error).toBeUndefined();
    expect(await stream.outcome).toMatchObject({ status: 'complete', terminator: '410' });
  });

  it('try a name again that cannot be found any more: the network may be gone', async () => {
    const scene = resumeScene([['1:a '], new DnsError('Cannot find it'), ['2:b END ']]);

    expect((await settled(readAll(await scene.stream()), scene.clock)).events).toEqual(['a', 'b']);
  });
});
