import { StreamGapError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { numbered, type NumberedOptions } from './numbered-dialect.ts';
import { readAll } from './open-words.ts';
import { type Answer, reset, resumeScene, settled } from './resume-scene.ts';

/** What the reader of a resumed stream gets, and what became of the stream. */
async function read(answers: readonly Answer[], options?: NumberedOptions, maxAttempts = 5) {
  const scene = resumeScene(answers);
  const stream = await scene.stream({ dialect: numbered(options), resume: { maxAttempts } });
  const { events, error } = await settled(readAll(stream), scene.clock);
  return { events, error, text: stream.partial, outcome: await stream.outcome, ids: scene.ids };
}

describe.each([
  ['counting', 'frame'],
  ['counting', 'data'],
  ['opaque', 'frame'],
  ['opaque', 'data'],
] as const)('a resumed stream with %s ids in its %s', (ids, idIn) => {
  const options = { ids, idIn };

  it.each([
    ['starts over', ['1:a 2:b 3:c END ']],
    ['repeats the last event', ['2:b 3:c END ']],
    ['starts over, piece by piece', ['1:a ', '2:b ', '3:c ', 'END ']],
    ['repeats an event that was just sent', ['3:c 1:a 2:b END ']],
    ['starts over, with a ping in between', ['1:a ', 'ping ', '2:b ', '3:c END ']],
  ])('row 53 gives each event once when the peer %s', async (_, answer) => {
    const { events, text, outcome, ids: sent } = await read([['1:a 2:b '], answer], options);

    expect(events.filter((event) => event !== 'ping')).toEqual(['a', 'b', 'c']);
    expect(text.replace('ping', '')).toBe('abc');
    expect(outcome).toMatchObject({ status: 'complete', lastEventId: '3' });
    expect(sent).toEqual([undefined, '2']);
  });

  it('goes on behind what was new when a peer that starts over breaks again', async () => {
    const { events, ids: sent } = await read(
      [['1:a 2:b '], ['1:a ', reset()], ['1:a 2:b 3:c ', reset()], ['4:d END ']],
      options,
    );

    expect(events).toEqual(['a', 'b', 'c', 'd']);
    expect(sent).toEqual([undefined, '2', '2', '3']);
  });

  it('is not complete when a peer that starts over ends before it is where it was', async () => {
    const { events, outcome } = await read([['1:a 2:b 3:c '], ['1:a 2:b END ']], options);

    expect(events).toEqual(['a', 'b', 'c']);
    expect(outcome.status).not.toBe('complete');
  });
});

describe('a gap in a resumed stream', () => {
  it.each([
    ['behind a break', [['1:a 2:b '], ['4:d END ']], ['a', 'b']],
    ['before any break', [['1:a 3:c END ']], ['a']],
    ['behind repeats', [['1:a 2:b '], ['1:a 4:d END ']], ['a', 'b']],
  ])('fails it when events are counted: %s', async (_, answers, handed) => {
    const { events, error, outcome } = await read(answers);

    expect(events).toEqual(handed);
    expect(error).toBeInstanceOf(StreamGapError);
    expect(outcome).toMatchObject({ status: 'failed', error });
  });

  it('is told with the ids around it', async () => {
    const { error } = await read([['1:a '], ['4:d END ']]);

    expect(error).toMatchObject({
      message: 'Cannot go on with the stream: expected the event behind 1, found the id "4"',
    });
  });

  it.each([['one:a '], ['-1:a '], ['99999999999999999999:a ']])(
    'is suspected when the ids that should count do not: %s',
    async (text) => {
      const { error } = await read([[text]]);

      expect(error).toMatchObject({
        code: 'stream_gap',
        message: expect.stringContaining('its events are counted, found the id'),
      });
    },
  );

  it('cannot be seen, nor is it suspected, when ids are mere names', async () => {
    const { events } = await read([['1:a '], ['7:c END ']], { ids: 'opaque' });

    expect(events).toEqual(['a', 'c']);
  });
});

describe('events without an id', () => {
  it('make it impossible to go on when they came last: the failure says why', async () => {
    const broken = reset();
    const { events, error, ids } = await read([['1:a x ', broken]], { idIn: 'data' });

    expect(events).toEqual(['a', 'x']);
    expect(error).toBeInstanceOf(StreamGapError);
    expect(error).toMatchObject({
      message:
        'Cannot resume the stream faithfully: events without an id came behind the last one that has one',
      cause: broken,
    });
    expect(ids).toHaveLength(1);
  });

  it('do no harm when one with an id came behind them, or when they are no progress', async () => {
    const { events } = await read([['1:a x 2:b ping ', reset()], ['3:c END ']]);

    expect(events).toEqual(['a', 'x', 'b', 'ping', 'c']);
  });

  it('are repeats when the events around them are', async () => {
    const { events, text } = await read([
      ['1:a x 2:b ', reset()],
      ['1:a ', 'x ', '2:b y 3:c END '],
    ]);

    expect(events).toEqual(['a', 'x', 'b', 'y', 'c']);
    expect(text).toBe('axbyc');
  });

  it('fail a stream that begins again with one that may be a repeat', async () => {
    const { events, error } = await read([['x 1:a ', reset()], ['x 1:a 2:b END ']], {
      idIn: 'data',
    });

    expect(events).toEqual(['x', 'a']);
    expect(error).toBeInstanceOf(StreamGapError);
  });

  it('are new where none came before, however many begin a connection', async () => {
    const { events, ids } = await read([['1:a ', reset()], ['x y 2:b z 3:c END ']]);

    expect(events).toEqual(['a', 'x', 'y', 'b', 'z', 'c']);
    expect(ids).toEqual([undefined, '1']);
  });

  it('never fail a stream whose peer sends its state instead', async () => {
    const { events, text } = await read(
      [
        ['x y ', reset()],
        ['=xy ', 'z END '],
      ],
      {
        sends: 'snapshot',
      },
    );

    expect(events).toEqual(['x', 'y', '=xy', 'z']);
    expect(text).toBe('=xyz');
  });
});

describe('a dialect that does not ask whether an event is a repeat', () => {
  it('fails the stream, whose events it has added up twice', async () => {
    const dialect = numbered({ idIn: 'data' });
    const careless: typeof dialect = {
      ...dialect,
      read: (head) => {
        const reader = dialect.read(head);
        return {
          get partial() {
            return reader.partial;
          },
          read: (word) => reader.read(word),
        };
      },
    };
    const scene = resumeScene([['1:a '], ['1:a 2:b END ']]);
    const stream = await scene.stream({ dialect: careless });

    expect((await settled(readAll(stream), scene.clock)).error).toMatchObject({ code: 'dialect' });
  });
});

describe('the end of the bytes, where it ends a stream', () => {
  const options = { endsAtEof: true };

  it('ends one that was resumed', async () => {
    const { events, outcome } = await read([['1:a ', reset()], ['2:b ']], options);

    expect(events).toEqual(['a', 'b']);
    expect(outcome).toMatchObject({ status: 'complete', terminator: 'eof', resumes: 1 });
  });

  it('does not when the peer starts over and stops short of where it was', async () => {
    const { events, ids } = await read(
      [['1:a 2:b 3:c ', reset()], ['1:a 2:b '], ['4:d ']],
      options,
    );

    expect(events).toEqual(['a', 'b', 'c', 'd']);
    expect(ids).toEqual([undefined, '3', '3']);
  });
});

describe('a long stream', () => {
  const words = (from: number, to: number): string =>
    Array.from({ length: to - from + 1 }, (_, index) => `n${from + index}:w `).join('');

  it('knows its repeats though it cannot keep all ids', async () => {
    const { events, error } = await read(
      [
        [words(1, 25_000), reset()],
        [words(1, 25_010), 'END '],
      ],
      { ids: 'opaque' },
    );

    expect(error).toBeUndefined();
    expect(events).toHaveLength(25_010);
  });
});

describe('an id that stands alone', () => {
  it('is where the stream goes on', async () => {
    const scene = resumeScene([['1:a ', '2: ', reset()], ['3:c END ']]);
    const dialect = numbered();
    const stream = await scene.stream({
      dialect: {
        ...dialect,
        // As in server-sent events, an id without data is no event.
        decode: (limits) => {
          const decoder = dialect.decode(limits);
          return {
            get lastEventId() {
              return decoder.lastEventId ?? '';
            },
            push: (bytes) => decoder.push(bytes).filter(({ text }) => text !== ''),
            end: () => [],
          };
        },
      },
    });

    expect((await settled(readAll(stream), scene.clock)).events).toEqual(['a', 'c']);
    expect(scene.ids).toEqual([undefined, '2']);
  });
});
