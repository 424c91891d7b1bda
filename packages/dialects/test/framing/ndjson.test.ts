import { DeserializationError, MessageTooLargeError, StreamIncompleteError } from '@linkspan/core';
import { createNdjson, createNdjsonDecoder, MalformedEvent } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../read-answer.ts';
import { splitBySize } from '../split-bytes.ts';
import { bytesOf } from '../sse-text.ts';

const contentType = 'application/x-ndjson';

describe("createNdjson({ malformed: 'event' })", () => {
  const tolerant = createNdjson<{ n: number }>({ malformed: 'event' });

  it('hands over a line that is not JSON, and goes on, however the bytes are split', async () => {
    const bytes = bytesOf('{"n":1}\n{oops "sk-abcdefghijklmnop"}\n\n{"n":2}\n');

    for (const size of [bytes.length, 1, 7]) {
      // oxlint-disable-next-line no-await-in-loop -- one split after another
      const { events, outcome } = await readAnswer(tolerant, splitBySize(bytes, size), {
        contentType,
      });

      const [first, malformed, last] = events;
      expect([first, last]).toEqual([{ n: 1 }, { n: 2 }]);
      expect(malformed).toBeInstanceOf(MalformedEvent);
      expect(malformed).toMatchObject({ data: '{oops "sk-abcdefghijklmnop"}' });
      const { error } = malformed as MalformedEvent;
      expect(error).toBeInstanceOf(DeserializationError);
      expect(error.message).toMatch(/^Cannot decode line 2: expected JSON, found /);
      expect(error.message).not.toContain('abcdefgh');
      expect(outcome).toMatchObject({ status: 'complete', terminator: 'eof', events: 3 });
    }
  });

  it('is incomplete all the same when its last line was cut', async () => {
    const { events, error } = await readAnswer(tolerant, bytesOf('{"n":1}\n{"n":'), {
      contentType,
    });

    expect(events).toEqual([{ n: 1 }]);
    expect(error).toBeInstanceOf(StreamIncompleteError);
  });

  it('asks isTerminal, and gives as its result, values alone', async () => {
    const dialect = createNdjson<{ n: number }>({
      malformed: 'event',
      cumulative: true,
      isTerminal: ({ n }) => n === 2,
    });

    const { partial, outcome } = await readAnswer(dialect, bytesOf('{"n":2\n{"n":2}\noops\n'), {
      contentType,
    });

    expect(partial).toEqual({ n: 2 });
    expect(outcome).toMatchObject({ status: 'complete', terminator: 'last line', events: 2 });
  });

  it('takes no line that a peer sent for a malformed one', async () => {
    const { events } = await readAnswer(tolerant, bytesOf('{"data":"x","error":{}}\n'), {
      contentType,
    });

    expect(events[0]).not.toBeInstanceOf(MalformedEvent);
  });

  it('counts no malformed line as progress', () => {
    const head = { status: 200, contentType, headers: {}, secrets: [] };
    const malformed = new MalformedEvent('oops', new DeserializationError('Cannot decode'));

    expect(tolerant.read(head).read(malformed).progress).toBe(false);
  });

  it('is still held to its limits', () => {
    const decoder = createNdjsonDecoder({ malformed: 'event', maxLineBytes: 4 });

    expect(() => decoder.push(bytesOf('oops!\n'))).toThrow(MessageTooLargeError);
  });

  it('names a word that it does not know', () => {
    expect(() => createNdjson({ malformed: 'skip' as never })).toThrow(
      /malformed: expected one of 'fail', 'event'/,
    );
    expect(() => createNdjsonDecoder({ malformed: 'skip' as never })).toThrow(/malformed/);
  });
});
