import type { Outcome } from '@linkspan/core';
import { openaiChat, rawSse } from '@linkspan/dialects';
import type { FaultId } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import type { HttpClient } from '../../src/client/http-client.ts';
import type { HttpClientOptions } from '../../src/client/http-client-options.ts';
import { meetFault, type Meeting, type Numbers, rowName } from './meet-fault.ts';

/** How a stream ended, and what had been read by then. */
interface Read {
  readonly text: string;
  readonly error: unknown;
  readonly outcome: Outcome;
}

/** Reads a chat completion to its end, whatever the end is. */
const chat: NonNullable<Meeting['ask']> = async (client, url): Promise<Read> => {
  const stream = await client.postStream(url, {}, { dialect: openaiChat });
  let text = '';
  let error: unknown;
  try {
    for await (const { choices } of stream) text += choices[0]?.delta?.content ?? '';
  } catch (thrown) {
    error = thrown;
  }
  return { text, error, outcome: await stream.outcome };
};

/** Reads plain events: the data and the ids. */
const plain = async (client: HttpClient, url: string): Promise<string[]> => {
  const seen: string[] = [];
  for await (const { data, id } of client.stream({ url }, { dialect: rawSse })) {
    seen.push(`${id} ${data}`);
  }
  return seen;
};

const wrongType = { kind: 'protocol', code: 'sse_content_type', retryable: 'no', sent: 'yes' };
const incomplete = {
  kind: 'stream-incomplete',
  code: 'incomplete_stream',
  phase: 'body',
  retryable: 'no',
  sent: 'yes',
};
const tooLarge = { kind: 'message', code: 'event_too_large', phase: 'body', retryable: 'no' };
const cut = { kind: 'network', code: 'body_truncated', phase: 'body', sent: 'yes' };
const overloaded = { kind: 'http' };
const silent = (clock: string, phase = 'body'): object => ({
  kind: 'timeout',
  clock,
  phase,
  sent: 'yes',
});

describe('a stream of events that is none', () => {
  it.each<readonly [row: string, fault: FaultId, numbers: Numbers]>([
    ['row 44', 'sse-wrong-type', {}],
    ['row 44', 'html-with-200', {}],
    ['row 44', 'sse-no-content', { status: 204 }],
    ['row 44', 'sse-no-content', { status: 205 }],
    ['row 44', 'redirect-other-origin', { status: 302 }],
    ['row 44', 'redirect-other-origin', { status: 307 }],
  ])('%s: %s %o fails before the first event', async (_row, fault, numbers) => {
    const { error } = await meetFault(fault, { numbers, ask: chat });

    expect(error).toMatchObject({ ...wrongType, attempts: 1 });
  });
});

type Wrong = readonly [
  row: string,
  fault: FaultId,
  numbers: Numbers,
  text: string,
  facts: object,
  options?: HttpClientOptions,
];

describe('a stream of events that goes wrong', () => {
  const rows: readonly Wrong[] = [
    ['row 12', 'sse-reset', { events: 2 }, 'word0 word1 ', cut],
    ['row 45', 'sse-idle', { events: 0 }, '', silent('firstEventMs'), { firstEventMs: 60 }],
    ['row 45', 'sse-idle', { events: 1 }, 'word0 ', silent('idleMs'), { idleMs: 60 }],
    [
      'row 45',
      'sse-comments-only',
      { events: 0, everyMs: 5 },
      '',
      silent('firstEventMs'),
      { firstEventMs: 60 },
    ],
    [
      'row 45',
      'sse-comments-only',
      { events: 1, everyMs: 5 },
      'word0 ',
      silent('eventIdleMs', 'idle'),
      { eventIdleMs: 60 },
    ],
    [
      'row 45',
      'sse-no-progress',
      { events: 1, everyMs: 5 },
      'word0 ',
      silent('eventIdleMs', 'idle'),
      { eventIdleMs: 60 },
    ],
    ['row 47', 'sse-endless-line', {}, '', tooLarge],
    ['row 47', 'sse-endless-event', {}, '', tooLarge],
    ['row 48', 'sse-empty', {}, '', incomplete],
    ['row 48', 'sse-cut', { events: 1 }, 'word0 ', incomplete],
    ['row 48', 'sse-cut', { events: 3 }, 'word0 word1 word2 ', incomplete],
    ['row 48', 'sse-cut-within-event', { events: 1, bytes: 1 }, 'word0 ', incomplete],
    ['row 48', 'sse-cut-within-event', { events: 1, bytes: 60 }, 'word0 ', incomplete],
    ['row 48', 'sse-flap', {}, '', incomplete],
    ['row 49', 'sse-error-event', { events: 0 }, '', overloaded],
    ['row 49', 'sse-error-event', { events: 2 }, 'word0 word1 ', overloaded],
    ['row 50', 'sse-error-then-done', { events: 2 }, 'word0 word1 ', overloaded],
  ];
  for (const [row, fault, numbers, text, facts, options = {}] of rows) {
    it(`${rowName(row, fault, numbers)} is told, with what had come`, async () => {
      const { error, value } = await meetFault(fault, { numbers, options, ask: chat });

      expect(error).toBeUndefined();
      expect(value).toMatchObject({ text, error: facts });
      expect((value as Read).outcome.status).not.toBe('complete');
      expect((value as Read).outcome.error).toBe((value as Read).error);
    });
  }
});

describe('a stream of events in an odd form', () => {
  const words = 'word0 word1 word2 ';

  it.each<readonly [row: string, fault: FaultId, text: string]>([
    ['row 0', 'ok-sse', words],
    ['row 26', 'sse-invalid-utf8', '\ufffdword0 word1 '],
    ['row 46', 'sse-unknown-fields', words],
    ['row 46', 'sse-garbage', words],
    ['row 46', 'sse-one-byte-chunks', words],
    ['row 46', 'sse-crlf', words],
    ['row 46', 'sse-cr', words],
    ['row 46', 'sse-split-crlf', words],
    ['row 46', 'sse-bom', words],
    ['row 46', 'sse-split-utf8', 'é€😀'],
    ['row 48', 'sse-lingering', words],
    ['row 48', 'sse-trailing-data', words],
    ['row 51', 'sse-hostile-retry', words],
  ])('%s: %s is read as the standard says', async (_row, fault, text) => {
    const { error, value } = await meetFault(fault, { options: { idleMs: 1_000 }, ask: chat });

    expect(error).toBeUndefined();
    expect(value).toMatchObject({ text, error: undefined, outcome: { status: 'complete' } });
  });

  it('row 51: sse-closes, the clean end of a stream without a terminator', async () => {
    const { value } = await meetFault('sse-closes', { ask: plain });

    expect(value).toEqual(['0 tick']);
  });

  it.each<readonly [fault: FaultId, ids: string[]]>([
    ['sse-duplicate-ids', ['1', '2', '2', '3', '3']],
    ['sse-reordered-ids', ['1', '3', '2', '4', '4']],
    ['sse-skipped-ids', ['1', '2', '4', '5', '5']],
  ])('row 53: %s, whoever reads plain events sees them as they come', async (fault, ids) => {
    const { value } = await meetFault(fault, { ask: plain });

    expect((value as string[]).map((line) => line.split(' ')[0])).toEqual(ids);
  });

  it('row 66: sse-flood, a reader who leaves stops the peer', async () => {
    const { value, server } = await meetFault('sse-flood', {
      ask: async (client, url) => {
        const stream = await client.postStream(url, {}, { dialect: openaiChat });
        for await (const event of stream) if (event.choices.length > 0) break;
        return await stream.outcome;
      },
    });

    expect(value).toMatchObject({ status: 'cancelled', events: 1 });
    expect(server.flooded).toBeLessThan(64 * 1024 * 1024);
  });
});
